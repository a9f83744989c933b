"""How is the application put together? From a `Deployment`; nothing is built at import."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any

from fastapi import FastAPI

from callgate import __version__, observe
from callgate.api import openapi, problems, routers
from callgate.api.application import Application
from callgate.api.authorize import Authorize
from callgate.api.overload import IS_FULL
from callgate.api.problems import AUTHORIZE_PATH
from callgate.api.tokens import TokenKeys, VerifiedTokens
from callgate.clock import Clock, StepWatch, SystemClock, has_time_zones, use_pinned_time_zones
from callgate.domain.pin import PinKeys, parse_pin_keys
from callgate.flows.alarms import Alarms
from callgate.flows.authorize_calls import decide_batch
from callgate.flows.check_readiness import require_tables
from callgate.flows.deployment import Deployment
from callgate.flows.intake import Intake
from callgate.flows.keep_policies import keep_policies
from callgate.flows.send_revocations import RevocationSender
from callgate.flows.sweep_calls import sweeping
from callgate.flows.watch import watching as watch
from callgate.flows.watch_revocations import Revocations
from callgate.policies import load_caps, load_profiles
from callgate.settings import Settings, UnusableSettings, load_settings
from callgate.store.database import Database
from callgate.store.reading import holds_pins


def deploy(settings: Settings, *, clock: Clock | None = None) -> Deployment:
    """Gather what the flows work with. Nothing is opened yet.

    Raises:
        UnusableSettings: a key is missing or unusable, or the time zones are.
    """
    use_pinned_time_zones()
    if not has_time_zones():
        raise UnusableSettings(
            "The time zones cannot be read: the package tzdata is missing or damaged. Without it nobody can say when a "
            "telephone closes. Install callgate's requirements again."
        )
    settings = settings.with_keys(holds_pins=partial(holds_pins, settings.database_url))
    if settings.pin_key is None:
        raise UnusableSettings("CALLGATE_PIN_KEY is not set.")
    clock = clock or SystemClock()
    return Deployment(
        settings=settings,
        # A lock is waited for shorter than the deadline, so that one held row costs one attempt and not its batch.
        database=Database(
            settings.database_url,
            lock_wait_seconds=settings.deadline_seconds * 0.4,
            statement_seconds=max(settings.deadline_seconds * 5, 5.0),
            answer_seconds=max(settings.deadline_seconds * 4, 4.0),
            turn_seconds=settings.deadline_seconds * 2,
            connections_max=settings.lanes + 12,
        ),
        clock=clock,
        steps=StepWatch(clock.now()),
        policies=load_profiles(settings.policy_dir),
        caps=load_caps(),
        pin_keys=_pin_keys(settings.pin_key.get_secret_value()),
    )


def build(deployment: Deployment, *, watching: bool = True) -> FastAPI:
    """Build the application around a deployment.

    `watching`: look by itself, again and again, for running calls that must end and for what staff must be told of. A
    test that counts statements, or that looks when it says so, does without.
    """
    settings = deployment.settings
    if settings.token_key is None:
        raise UnusableSettings("CALLGATE_TOKEN_KEY is not set.")

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, Any]]:
        try:
            await require_tables(deployment)
            await keep_policies(deployment)
            async with AsyncExitStack() as running:
                await running.enter_async_context(intake.running())
                await running.enter_async_context(alarms.running())
                await running.enter_async_context(sender.running())
                if watching:
                    await running.enter_async_context(revocations.running())
                    await running.enter_async_context(sweeping(deployment))
                    await running.enter_async_context(watch(deployment))
                yield {IS_FULL: intake.is_full}
        finally:
            await deployment.database.close()

    app = Application(
        title="callgate",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    alarms = Alarms(deployment)
    revocations, sender = Revocations(deployment), RevocationSender(deployment)
    revocations.tell(sender.hear)
    intake = Intake(
        partial(decide_batch, deployment),
        on_decided=alarms.look_at,
        lanes=1 if settings.is_embedded else settings.lanes,
        queue_max=settings.queue_max,
        batch_max=settings.batch_max,
        deadline_seconds=settings.deadline_seconds,
    )
    app.state.deployment = deployment
    app.state.intake = intake
    app.state.alarms = alarms
    app.state.revocations = revocations
    app.state.sender = sender
    tokens = app.state.tokens = VerifiedTokens(TokenKeys.from_text(settings.token_key.get_secret_value()))
    app.state.authorize = Authorize(deployment.clock, intake, tokens)
    problems.install(app)
    # Not `include_router`, which builds each route a second time at its first request, as if it changed on its way.
    app.router.routes.extend(route for router in routers.ALL for route in router.routes)
    openapi.install(app)
    app.put_in_envelope(clock=deployment.clock, straight={AUTHORIZE_PATH: app.state.authorize})
    return app


def _pin_keys(text: str) -> PinKeys:
    try:
        return parse_pin_keys(text)
    except ValueError as error:
        message = f"CALLGATE_PIN_KEY cannot be used: {error}"
        raise UnusableSettings(message) from None


def create() -> FastAPI:
    """Build from the environment, with its logs: what every worker calls, and any ASGI server can."""
    settings = load_settings()
    observe.start_logging(settings.log_level)
    return build(deploy(settings))
