"""Does the published receiver's library take what callgate signs, and refuse everything else?"""

from datetime import timedelta

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from callgate.clock import SystemClock
from callgate.domain.webhook import new_secret, signed_headers

BODY = b'{"decision_id":"d","call_id":"c"}'


def headers(*keys: str, body: bytes = BODY, ago: timedelta = timedelta(0)) -> dict[str, str]:
    return dict(signed_headers(keys, message_id="d", at=SystemClock().now() - ago, body=body))


def test_a_receiver_takes_what_is_signed_with_its_secret() -> None:
    secret = new_secret()
    assert Webhook(secret).verify(BODY, headers(secret)) == {"decision_id": "d", "call_id": "c"}


@pytest.mark.parametrize("secret_at", [0, 1])
def test_while_a_secret_is_changed_a_receiver_with_either_takes_it(secret_at: int) -> None:
    secrets = (new_secret(), new_secret())
    assert Webhook(secrets[secret_at]).verify(BODY, headers(*secrets))


@pytest.mark.parametrize(
    ("body", "ago"),
    [
        pytest.param(BODY + b" ", timedelta(0), id="another body"),
        pytest.param(BODY, timedelta(minutes=6), id="signed too long ago"),
        pytest.param(BODY, timedelta(minutes=-6), id="signed in the future"),
    ],
)
def test_a_receiver_refuses_what_was_altered_or_is_old(body: bytes, ago: timedelta) -> None:
    secret = new_secret()
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body, headers(secret, ago=ago))


def test_a_receiver_refuses_another_secret_and_another_id() -> None:
    secret = new_secret()
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(BODY, headers(secret))
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY, headers(secret) | {"webhook-id": "e"})


def test_every_secret_is_new_and_has_256_bits() -> None:
    secrets = {new_secret() for _ in range(50)}
    assert len(secrets) == 50
    assert all(one.startswith("whsec_") and len(one) == len("whsec_") + 44 for one in secrets)
