"""Is every law that decisions will name kept with the records, so that they can be decided again years later?"""

from callgate.domain.instants import to_milliseconds
from callgate.flows.deployment import Deployment
from callgate.policies import document_of
from callgate.store.decisions import keep_policy_version


async def keep_policies(deployment: Deployment) -> None:
    """Keep each loaded profile once for each content; done at every start, before the first decision."""
    async with deployment.database.write() as transaction:
        for policy in deployment.policies.values():
            await keep_policy_version(
                transaction,
                {
                    "content_hash": policy.content_hash,
                    "profile": policy.profile,
                    "version": policy.version,
                    "document": document_of(policy),
                    "first_seen_at": to_milliseconds(deployment.clock.now()),
                },
            )
