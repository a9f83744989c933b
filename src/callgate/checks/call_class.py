"""Is this a social, a privileged or a hotline call?

The class decides which checks bind the call, so a blocked number gets no privilege here: with a restriction its caller
hears the same as everyone, and only a block for the whole system reaches a hotline.
"""

from callgate.checks import block, shield
from callgate.domain.case import CallClass, Case

PRIVILEGED_ENTRY_KINDS = frozenset({"attorney", "consulate"})


def call_class_of(case: Case) -> CallClass:
    """Answer the class of this call.

    Clause: contract section 2, "What binds whom"; a hotline may be called by anybody, a common privileged number by
    everyone here, an attorney or consulate entry by the person whose verified entry it is.
    """
    if case.common is not None and case.common.kind == "hotline" and not block.blocks_for_everyone(case):
        return CallClass.HOTLINE
    if _is_privileged(case) and not block.binding_blocks(case) and not shield.binding_blocks(case):
        return CallClass.PRIVILEGED
    return CallClass.SOCIAL


def _is_privileged(case: Case) -> bool:
    if case.common is not None and case.common.kind == "privileged":
        return True
    return case.entry is not None and case.entry.state == "active" and case.entry.kind in PRIVILEGED_ENTRY_KINDS
