"""How do the demonstration's switch and staff speak to the service? Over HTTP, with tokens, like anybody else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from callgate.api.tokens import TokenKeys, issue_token
from callgate.commands.demo.people import PEOPLE, SWITCH, Person, new_pin, random_digits
from callgate.commands.demo.stage import Stage
from callgate.domain.roles import Role

_STAFF_SECONDS: Final = 900
_SWITCH_SECONDS: Final = 7 * 86_400
_TIMEOUT_SECONDS: Final = 30


@dataclass(slots=True)
class Desk:
    """What the players hold: the line to the service, everybody's PIN, and what was answered so far."""

    stage: Stage
    client: httpx.Client
    pins: dict[str, str] = field(default_factory=dict, repr=False)
    answers: dict[str, httpx.Response] = field(default_factory=dict)
    requests: int = 0

    def as_switch(self, path: str, body: Mapping[str, Any]) -> httpx.Response:
        """One request of the switch."""
        return self._request("POST", path, body, role=Role.SWITCH, subject=SWITCH, seconds=_SWITCH_SECONDS)

    def as_staff(self, role: str, method: str, path: str, body: Mapping[str, Any] | None = None) -> httpx.Response:
        """One request of somebody on the staff, with a token of a quarter of an hour."""
        return self._request(method, path, body, role=Role(role), subject=f"demo-{role}", seconds=_STAFF_SECONDS)

    def token(self, role: Role, *, subject: str, seconds: int = _SWITCH_SECONDS) -> str:
        """A token, as `callgate token` makes it, by the demonstration's clock."""
        return issue_token(
            TokenKeys.from_text(self.stage.token_key.get_secret_value()),
            subject=subject,
            role=role,
            facilities=None,
            now=self.stage.clock.now(),
            lifetime_seconds=seconds,
        )

    def deal_pins(self) -> None:
        """Give everybody a PIN of their own, for this run."""
        while len(self.pins) < len(PEOPLE):
            self.pins = {person.inmate_id: new_pin(person) for person in PEOPLE}
            self.pins = self.pins if len(set(self.pins.values())) == len(PEOPLE) else {}

    def pin_of(self, person: Person | None) -> str | None:
        """What this person enters; nobody enters nothing."""
        return None if person is None else self.pins[person.inmate_id]

    def wrong_pin(self) -> str:
        """Nobody's PIN."""
        while (guess := random_digits(len(next(iter(self.pins.values()))))) in self.pins.values():
            pass
        return guess

    def _request(
        self, method: str, path: str, body: Mapping[str, Any] | None, *, role: Role, subject: str, seconds: int
    ) -> httpx.Response:
        self.requests += 1
        token = self.token(role, subject=subject, seconds=seconds)
        return self.client.request(method, path, json=body, headers={"Authorization": f"Bearer {token}"})


def open_line(url: str) -> httpx.Client:
    """A connection to the service and past every proxy that the environment names."""
    return httpx.Client(base_url=url, timeout=_TIMEOUT_SECONDS, trust_env=False)
