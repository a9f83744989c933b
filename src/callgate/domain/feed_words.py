"""How is whoever fed a file in told why a row is refused, and what to do? No sentence repeats what the row holds."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

WHY: Final[Mapping[str, str]] = MappingProxyType(
    {
        "after_as_of": "This instant is later than the row's as_of, at which the row is said to have held.",
        "as_of_ahead": "This instant is more than a day ahead of the clock here. Correct it, or the clock behind it.",
        "as_of_differs": "All rows of one person's list must have the same as_of: they are one statement.",
        "as_of_twice": "Two different rows tell of this person at the same instant. Leave out the wrong one.",
        "block_differs": "A block of this id is there with other contents, and a block's papers are not changed "
        "afterwards. Give the new block an id of its own.",
        "block_twice": "This block stands in the file twice. Leave one of the rows out.",
        "cells_differ": "This row has more or fewer cells than the header has columns.",
        "control_character": "There is a control character in this cell. Take it out.",
        "court_order_without_document": "A court's order must be named by its document, in document_reference.",
        "decision_missing": "A number of this kind may be called once somebody decided it. Give decided_at and "
        "decided_by, and for a lawyer or a consulate evidence_reference; or leave state empty, and the warden decides.",
        "decision_not_accepted": "This number's decision was made elsewhere. It is taken over only with --accept "
        "decisions; or leave state and the decision's columns empty, and the warden decides.",
        "empty_list_with_cells": "A row without a number says that the list is empty, and takes no other cell.",
        "empty_list_with_numbers": "One row says that this list is empty and another gives it a number.",
        "facility_unknown": "There is no facility of this id. Register it first.",
        "hotline_number": "This is a hotline, which everybody may call: nobody lists it, and only a block of system "
        "scope stands against it.",
        "inmate_unknown": "Nobody of this id is known. Import the people before their lists.",
        "lift_needs_papers": "A lift names its authority and its evidence, in lift_authority and lift_evidence.",
        "lift_needs_two_people": "This block protects somebody, and no file lifts it: a warden and victim services do, "
        "together, in callgate.",
        "lifted_before_effective": "This block would have been lifted before it was set.",
        "list_full": "With these numbers the list would be longer than it may be at this person's facility. "
        "Shorten it, or take it as it is with --accept long-lists.",
        "missing": "This cell must be filled.",
        "not_a_day": "A day is written YYYY-MM-DD.",
        "not_an_id": "An id is 1 to 64 of A-Z a-z 0-9 . _ -",
        "not_an_instant": "An instant is written with its offset, such as 2026-11-22T03:04:05Z.",
        "not_one_of": "This column takes one of a few words; `docs/feeds.md` lists them.",
        "nothing_to_read": "There is nothing to read in this cell but spaces.",
        "number_not_valid": "This is not a number that can stand here. Write it with its country code.",
        "number_twice": "The same number stands twice in this person's list. Leave one of the rows out.",
        "provisional": "This block stands for as long as a removal request is open, and ends by the decision on it.",
        "subject_missing": "A block of this scope must name whom it is about.",
        "subject_not_of_scope": "A block of this scope does not take this column.",
        "too_long": "This cell is longer than its column takes.",
    }
)
"""What a refused row's `reason` means and what to do."""

NOTES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "lifted_here": "This block was lifted here. If it should stand again, give it a new id.",
        "newer_known": "Something newer is known. Nothing was changed.",
    }
)
"""What the `reason` of a stale row means."""
