"""What would Asterisk do with the kit's extensions.conf? A small interpreter of what is used there.

It reads the file that is shipped, so the dialplan and its tests cannot drift apart, and asks the real service over HTTP
as func_curl would. An application or a function that the kit does not use is unknown to it, and an error. Semantics are
those of Asterisk's documentation: CURL() returns the body whatever the status unless `failurecodes` names it,
`hashcompat` hands over a form's names and values, HASH() keeps what nobody cleared.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote

import httpx

from tests.switches.gate import utc_now

KIT: Final = Path(__file__).parents[2] / "deploy" / "switches" / "asterisk"
STEPS_MAX: Final = 500
_STEP: Final = re.compile(
    r"^(?:exten => (?P<exten>[^,]+),1,|same => n(?:\((?P<label>\w+)\))?,)(?P<app>\w+)\((?P<data>.*)\)$"
)

Step = tuple[str | None, str, str]


def read_dialplan(text: str) -> dict[str, dict[str, list[Step]]]:
    """The contexts, their extensions and the steps of each: label, application, arguments as written."""
    contexts: dict[str, dict[str, list[Step]]] = {}
    here, exten = "", ""
    for line in text.splitlines():
        stripped = line.strip()
        if not stripped or stripped.startswith((";", "#include")) or ("=>" not in stripped and "[" not in stripped[:1]):
            continue
        if stripped.startswith("["):
            here = stripped[1:-1]
            contexts[here] = {}
            continue
        found = _STEP.match(stripped)
        assert found, f"this is no step of a dialplan: {stripped}"
        exten = found["exten"] or exten
        contexts[here].setdefault(exten, []).append((found["label"], found["app"], found["data"]))
    return contexts


@dataclass(slots=True)
class Ended(Exception):
    """The channel is over."""

    cause: str


@dataclass(slots=True)
class Channel:
    """A telephone's call through the dialplan."""

    contexts: dict[str, dict[str, list[Step]]]
    variables: dict[str, str]
    endpoint: str
    keys: list[str]
    """What is keyed at each Read()."""
    files: dict[str, str] = field(default_factory=dict)
    hashes: dict[str, dict[str, str]] = field(default_factory=dict)
    options: dict[str, list[str]] = field(default_factory=dict)
    asked: list[httpx.Request] = field(default_factory=list)
    played: list[str] = field(default_factory=list)
    dialled: list[str] = field(default_factory=list)
    handlers: list[str] = field(default_factory=list)
    timeout: str = ""
    steps: int = 0

    def call(self, exten: str, *, context: str = "callgate-phones", pattern: str = "_[0-9*#+].") -> str:
        """Dial; how it was hung up."""
        self.variables["EXTEN"] = exten
        try:
            self._run(context, pattern)
        except Ended as over:
            return over.cause
        return "fell off the end"

    def hang_up(self, **variables: str) -> None:
        """Have the hang-up handlers run, the last one first, with what Dial() left behind."""
        self.variables |= variables
        for handler in reversed(self.handlers):
            self._gosub(handler)

    def gosub(self, context: str, *arguments: str) -> None:
        """Run a subroutine as Dial(U()) does."""
        self._gosub(f"{context},s,1({','.join(arguments)})")

    # -------------------------------------------------------------------------------------------------------- running
    def _run(self, context: str, exten: str) -> None:
        steps = self.contexts[context][exten]
        labels = {label: place for place, (label, _, _) in enumerate(steps) if label}
        place = 0
        while place < len(steps):
            self.steps += 1
            assert self.steps < STEPS_MAX, "it goes in circles"
            _, application, data = steps[place]
            place += 1
            if application == "Return":
                return
            goes_to = self._apply(application, self.expand(data))
            if goes_to:
                place = labels[goes_to]

    def _apply(self, application: str, data: str) -> str | None:
        plain: dict[str, Callable[[str], None]] = {
            "Set": self._set,
            "Gosub": self._gosub,
            "Read": self._read,
            "Playback": self.played.append,
            "Dial": self.dialled.append,
            "ClearHash": lambda name: self.hashes.update({name: {}}),
            "Answer": lambda _: None,
            "NoOp": lambda _: None,
        }
        if application == "Hangup":
            raise Ended(data)
        if application == "Goto":
            return data
        if application == "GotoIf":
            return _branch(data)
        plain[application](data)
        return None

    def _gosub(self, data: str) -> None:
        found = re.fullmatch(r"([\w-]+),s,1(?:\((.*)\))?", data)
        assert found, data
        arguments = [] if found[2] is None else found[2].split(",")
        kept = {name: self.variables.get(name, "") for name in ("ARG1", "ARG2")}
        self.variables |= {f"ARG{place}": value for place, value in enumerate(arguments, 1)}
        self._run(found[1], "s")
        self.variables |= kept

    def _read(self, data: str) -> None:
        name, prompt = data.split(",")[:2]
        self.played.append(prompt)
        self.variables[name] = self.keys.pop(0) if self.keys else ""

    def _set(self, data: str) -> None:
        target, _, value = data.partition("=")
        function, _, rest = target.partition("(")
        if not rest:
            self.variables[target.lstrip("_") or target] = value
            return
        name = rest.removesuffix(")")
        if function == "CURLOPT":
            # Headers are added to those that are there; everything else is replaced.
            self.options[name] = [*self.options.get(name, []), value] if name == "httpheader" else [value]
        elif function == "HASH":
            fields = [each for each in self.variables.get("~ODBCFIELDS~", "").split(",") if each]
            values = [each.replace("\\", "") for each in re.split(r"(?<!\\),", value)]
            self.hashes.setdefault(name, {}).update(dict(zip(fields, values, strict=False)))
        elif function == "FILE":
            self.files[name.split(",")[0]] = value + "\n"
        elif function == "TIMEOUT":
            self.timeout = value
        else:
            assert target == "CHANNEL(hangup_handler_push)", target
            self.handlers.append(value)

    # ------------------------------------------------------------------------------------------------------ expanding
    def expand(self, text: str) -> str:
        """Variables, functions and expressions, the inner ones first."""
        out, place = "", 0
        while place < len(text):
            opening = text[place : place + 2]
            if opening not in ("${", "$["):
                out += text[place]
                place += 1
                continue
            end = _closing(text, place + 1)
            inner = self.expand(text[place + 2 : end])
            out += self._value(inner) if opening == "${" else _expression(inner)
            place = end + 1
        return out

    def _value(self, inner: str) -> str:
        name, opened, rest = inner.partition("(")
        if not opened or not name.isupper():
            return self._variable(inner)
        data = rest[: rest.rindex(")")]
        if name == "REGEX":
            found = re.fullmatch(r'"(.*?)" (.*)', data, re.DOTALL)
            assert found
            return str(int(re.search(found[1], found[2]) is not None))
        functions: dict[str, Callable[[str], str]] = {
            "CURL": self._curl,
            "URIENCODE": lambda told: quote(told, safe=""),
            "HASH": self._hash,
            "CHANNEL": lambda told: {"endpoint": self.endpoint}[told],
            "STRPTIME": _strptime,
            "SHIFT": self._shift,
            "IF": _if,
        }
        return functions[name](data)

    def _variable(self, name: str) -> str:
        return str(int(utc_now().timestamp())) if name == "EPOCH" else self.variables.get(name, "")

    def _hash(self, data: str) -> str:
        name, _, key = data.partition(",")
        return self.hashes.get(name, {}).get(key, "")

    def _shift(self, name: str) -> str:
        first, _, self.variables[name] = self.variables.get(name, "").partition(",")
        return first

    def _curl(self, data: str) -> str:
        url, _, body = data.partition(",")
        seconds = float(self.options["httptimeout"][0])
        headers = dict(line.split(": ", 1) for line in self.options["httpheader"])
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        request = httpx.Request("POST", url, content=body, headers=headers)
        self.asked.append(request)
        try:
            with httpx.Client(trust_env=False, timeout=seconds) as client:
                answer = client.send(request)
        except httpx.TransportError:
            return ""
        if str(answer.status_code) in self.options["failurecodes"][0].split(","):
            return ""
        assert self.options["hashcompat"] == ["yes"]
        pairs = [piece.partition("=") for piece in answer.text.split("&")]
        self.variables["~ODBCFIELDS~"] = ",".join(unquote(name) for name, _, _ in pairs)
        return ",".join(unquote(value).replace(",", "\\,") for _, _, value in pairs)


def _closing(text: str, opened: int) -> int:
    depth = 0
    pair = {"{": "}", "[": "]"}[text[opened]]
    for place in range(opened, len(text)):
        depth += {text[opened]: 1, pair: -1}.get(text[place], 0)
        if depth == 0:
            return place
    raise AssertionError(f"this never closes: {text}")


def _expression(text: str) -> str:
    found = re.fullmatch(r'\s*("(?:.*?)"|\S+)\s+(=|!=|<|>|\+|-)\s+("(?:.*?)"|\S+)\s*', text, re.DOTALL)
    assert found, f"this is no expression: {text}"
    left, right = found[1].strip('"'), found[3].strip('"')
    if found[2] in ("=", "!="):
        return str(int((left == right) is (found[2] == "=")))
    one, other = int(left), int(right)
    return str({"<": int(one < other), ">": int(one > other), "+": one + other, "-": one - other}[found[2]])


def _branch(data: str) -> str | None:
    condition, _, targets = data.partition("?")
    yes, _, no = targets.partition(":")
    return (yes if condition not in ("", "0") else no) or None


def _if(data: str) -> str:
    condition, _, values = data.partition("?")
    yes, _, no = values.partition(":")
    return yes if condition not in ("", "0") else no


def _strptime(data: str) -> str:
    told, zone, form = data.split(",")
    assert zone == "UTC"
    # Like strptime(3), it reads as much as the form has and leaves the rest.
    whole = datetime.strptime(told[:19], form).replace(tzinfo=UTC)
    return str(int(whole.timestamp()))
