"""Which routes are served? Every router, in the order of the contract."""

from fastapi import APIRouter

from callgate.api import (
    alerts,
    authorize,
    blocks,
    call_events,
    calls,
    common_numbers,
    decisions,
    facilities,
    health,
    inmates,
    phone_lists,
    restrictions,
    shutoffs,
    stations,
    switches,
    tariffs,
)

ALL: tuple[APIRouter, ...] = (
    authorize.router,
    call_events.router,
    calls.router,
    decisions.router,
    switches.router,
    facilities.router,
    stations.router,
    tariffs.router,
    inmates.router,
    common_numbers.router,
    phone_lists.router,
    blocks.router,
    restrictions.router,
    shutoffs.router,
    alerts.router,
    health.router,
)
