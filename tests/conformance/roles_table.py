"""Which roles may use which route? The contract's table, read by hand.

It shares nothing with `callgate.domain.roles`, so that the two cannot be wrong together. A route that is served and
does not stand here fails the build by name.
"""

from typing import Final

SWITCH, COUNSELOR, WARDEN, SECURITY = "switch", "counselor", "warden", "security"
VICTIM_SERVICES, AUDITOR, OPERATOR = "victim_services", "auditor", "operator"
ROLES: Final = (SWITCH, COUNSELOR, WARDEN, SECURITY, VICTIM_SERVICES, AUDITOR, OPERATOR)

# The rows of the table, under short names. What can be written can be read by those who may read or write it, so a
# reading row without a line of its own takes the roles of its writers.
ASK: Final = {SWITCH}
PLACES: Final = {OPERATOR}
COMMON_NUMBER_PROPOSE: Final = {OPERATOR}
COMMON_NUMBER_CONFIRM: Final = {WARDEN}
PIN_ISSUE: Final = {COUNSELOR, OPERATOR}
LIST_READ: Final = {COUNSELOR, WARDEN, SECURITY, VICTIM_SERVICES, AUDITOR, OPERATOR}
LIST_SUBMIT: Final = {COUNSELOR}
LIST_DECIDE: Final = {WARDEN}
LIST_REMOVE: Final = {WARDEN, SECURITY}
BLOCK: Final = {WARDEN, SECURITY, VICTIM_SERVICES}
BLOCK_EXCEPTION: Final = {WARDEN}
BLOCK_LIFT_VICTIM_CLASS: Final = {WARDEN, VICTIM_SERVICES}
BLOCK_LIFT_OTHER: Final = {WARDEN, SECURITY}
RESTRICTION: Final = {WARDEN, SECURITY}
SHUTOFF: Final = {WARDEN, SECURITY, OPERATOR}
CALLS_AND_ALERTS: Final = {WARDEN, SECURITY}
ONE_TIME_ASK: Final = {COUNSELOR}
ONE_TIME_GRANT: Final = {WARDEN}
REMOVAL_TAKE_IN: Final = {COUNSELOR, WARDEN, VICTIM_SERVICES}
REMOVAL_READ: Final = {WARDEN, SECURITY, VICTIM_SERVICES}  # a line of its own: a counselor never sees the queue
REMOVAL_DECIDE: Final = {WARDEN}
DECISION: Final = {COUNSELOR, WARDEN, SECURITY, VICTIM_SERVICES, AUDITOR}
REPORTS: Final = {WARDEN, SECURITY, AUDITOR}
TRAIL: Final = {SECURITY, AUDITOR}  # of that row a warden has the reports alone

EXPECTED: Final[dict[str, set[str]]] = {
    "POST /v1/authorize": ASK,
    "POST /v1/call-events": ASK,
    "POST /v1/radius/authorize": ASK,
    "POST /v1/radius/accounting": ASK,
    "POST /v1/freeswitch/dialplan": ASK,
    "GET /v1/calls": CALLS_AND_ALERTS,
    "GET /v1/calls/{decision_id}": CALLS_AND_ALERTS,
    "POST /v1/calls/{decision_id}/terminate": CALLS_AND_ALERTS,
    "GET /v1/switches/self/commands": ASK,
    "POST /v1/switches/self/commands/{command_id}/ack": ASK,
    "POST /v1/switches/{switch_id}/webhook-secret": PLACES,
    "GET /v1/decisions/{decision_id}": DECISION,
    "POST /v1/decisions/preview": CALLS_AND_ALERTS,
    "PUT /v1/switches/{switch_id}": PLACES,
    "GET /v1/switches/{switch_id}": PLACES,
    "GET /v1/switches": PLACES,
    "PUT /v1/facilities/{facility_id}": PLACES,
    "GET /v1/facilities/{facility_id}": PLACES,
    "GET /v1/facilities": PLACES,
    "PUT /v1/facilities/{facility_id}/stations/{station_id}": PLACES,
    "GET /v1/facilities/{facility_id}/stations/{station_id}": PLACES,
    "GET /v1/facilities/{facility_id}/stations": PLACES,
    "PUT /v1/facilities/{facility_id}/tariffs/{tariff}": PLACES,
    "GET /v1/facilities/{facility_id}/tariffs/{tariff}": PLACES,
    "GET /v1/facilities/{facility_id}/tariffs": PLACES,
    "PUT /v1/inmates/{inmate_id}": PLACES,
    "GET /v1/inmates/{inmate_id}": PLACES,
    "GET /v1/inmates": PLACES,
    "POST /v1/inmates/{inmate_id}/pin": PIN_ISSUE,
    "PUT /v1/common-numbers/{number}": COMMON_NUMBER_PROPOSE,
    "GET /v1/common-numbers/{number}": COMMON_NUMBER_PROPOSE | COMMON_NUMBER_CONFIRM,
    "GET /v1/common-numbers": COMMON_NUMBER_PROPOSE | COMMON_NUMBER_CONFIRM,
    "POST /v1/common-numbers/{number}/confirm": COMMON_NUMBER_CONFIRM,
    "GET /v1/inmates/{inmate_id}/phone-list": LIST_READ,
    "POST /v1/inmates/{inmate_id}/list-changes": LIST_SUBMIT,
    "GET /v1/inmates/{inmate_id}/list-changes": LIST_READ,
    "GET /v1/list-changes/{change_id}": LIST_READ,
    "POST /v1/inmates/{inmate_id}/list-removals": LIST_REMOVE,
    "GET /v1/inmates/{inmate_id}/phone-list/history": LIST_READ,
    "GET /v1/inmates/{inmate_id}/phone-list/status": LIST_READ,
    "POST /v1/list-changes/{change_id}/numbers/{number}/decision": LIST_DECIDE,
    "GET /v1/pending-numbers": LIST_DECIDE,
    "POST /v1/blocks": BLOCK,
    "GET /v1/blocks": BLOCK,
    "GET /v1/blocks/{block_id}": BLOCK,
    "POST /v1/blocks/{block_id}/lift": BLOCK_LIFT_VICTIM_CLASS | BLOCK_LIFT_OTHER,
    "POST /v1/blocks/{block_id}/exceptions": BLOCK_EXCEPTION,
    "POST /v1/removal-requests": REMOVAL_TAKE_IN,
    "GET /v1/removal-requests": REMOVAL_READ,
    "GET /v1/removal-requests/{request_id}": REMOVAL_READ,
    "GET /v1/removal-requests/{request_id}/letters": REMOVAL_READ,
    "POST /v1/removal-requests/{request_id}/decision": REMOVAL_DECIDE,
    "POST /v1/inmates/{inmate_id}/restrictions": RESTRICTION,
    "GET /v1/inmates/{inmate_id}/restrictions": RESTRICTION,
    "GET /v1/restrictions/{restriction_id}": RESTRICTION,
    "POST /v1/restrictions/{restriction_id}/end": RESTRICTION,
    "POST /v1/inmates/{inmate_id}/one-time-calls": ONE_TIME_ASK,
    "GET /v1/inmates/{inmate_id}/one-time-calls": ONE_TIME_ASK | ONE_TIME_GRANT,
    "GET /v1/one-time-calls/{one_time_call_id}": ONE_TIME_ASK | ONE_TIME_GRANT,
    "POST /v1/one-time-calls/{one_time_call_id}/decision": ONE_TIME_GRANT,
    "POST /v1/facilities/{facility_id}/shutoffs": SHUTOFF,
    "GET /v1/facilities/{facility_id}/shutoffs": SHUTOFF,
    "POST /v1/shutoffs": SHUTOFF,
    "GET /v1/shutoffs": SHUTOFF,
    "GET /v1/shutoffs/{shutoff_id}": SHUTOFF,
    "POST /v1/shutoffs/{shutoff_id}/end": SHUTOFF,
    "GET /v1/reports/restrictions": REPORTS,
    "GET /v1/reports/privileged-recordings": REPORTS,
    "GET /v1/reports/numbers-on-several-lists": REPORTS,
    "GET /v1/reports/numbers-called-by-several": REPORTS,
    "GET /v1/reports/refused-pins": REPORTS,
    "GET /v1/reports/pins-not-here": REPORTS,
    "GET /v1/reports/released": REPORTS,
    "GET /v1/reports/removal-clock": REPORTS,
    "GET /v1/reports/list-waits": REPORTS,
    "GET /v1/reports/unused-safeguards": REPORTS,
    "GET /v1/reports/missed-floors": REPORTS,
    "GET /v1/audit-events": TRAIL,
    "GET /v1/alerts": CALLS_AND_ALERTS,
    "GET /v1/incidents": CALLS_AND_ALERTS,
    "GET /v1/incidents/{incident_id}": CALLS_AND_ALERTS,
    "POST /v1/incidents/{incident_id}/close": CALLS_AND_ALERTS,
}

PUBLIC: Final = {
    "GET /livez",
    "GET /readyz",
    "GET /version",
    "GET /metrics",
    "GET /v1/removal-requests/track/{tracking_token}",
}

# Answers 200 whatever happens, and says in its body that the call must be hung up (contract section 2).
ALWAYS_200: Final = {"POST /v1/freeswitch/dialplan"}
