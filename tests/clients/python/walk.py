"""Uses the API through the client that openapi-python-client has generated from docs/openapi.json.

Each call is one that a product would make. What comes back is of the generated types, so that a
document which says something else than the API answers is an exception here.

Run by tests/end_to_end/clients.rs, with the generated package beside it:

    API_URL=… TOKEN=… DOMAIN=… python walk.py
"""

import json
import os
from http import HTTPStatus

from lasso_api import AuthenticatedClient
from lasso_api.api.client_administrator import (
    add_domain,
    check_domain,
    get_domain,
    get_history,
    get_records,
    list_domains,
)
from lasso_api.api.senders import get_sender
from lasso_api.models import (
    AddDomain,
    Domain,
    DomainList,
    GatewayMessage,
    HandoffFormat,
    History,
    Problem,
    ProblemCode,
    RecordSet,
    Route53ChangeBatch,
    Sender,
    SenderReason,
    Status,
)


def main():
    name = os.environ["DOMAIN"]
    url = os.environ["API_URL"]
    # A status that is not described is an exception.
    strict = {"base_url": url, "raise_on_unexpected_status": True}
    with AuthenticatedClient(token=os.environ["TOKEN"], **strict) as client:
        added = add_domain.sync_detailed(client=client, body=AddDomain(domain=name, community="Maple Ridge"))
        assert added.status_code == HTTPStatus.CREATED, added
        assert isinstance(added.parsed, Domain), added
        assert added.parsed.status is Status.PENDING, added.parsed
        priorities = [record.priority for record in added.parsed.records if record.type_.value == "MX"]
        assert priorities == [10], priorities

        domain = get_domain.sync(name, client=client)
        assert isinstance(domain, Domain), domain
        assert domain.domain == name, domain
        assert domain.added_at.tzinfo is not None, domain

        # What has not changed since is not sent again.
        known = get_domain.sync_detailed(name, client=client)
        again = get_domain.sync_detailed(name, client=client, if_none_match=known.headers["etag"])
        assert (again.status_code, again.content) == (HTTPStatus.NOT_MODIFIED, b""), again

        listed = list_domains.sync(client=client, status=Status.PENDING, limit=100)
        assert isinstance(listed, DomainList), listed
        assert name in [domain.domain for domain in listed.items], listed

        checked = check_domain.sync(name, client=client)
        assert isinstance(checked, Domain), checked
        assert checked.dns_looked_at is not None, checked
        too_soon = check_domain.sync_detailed(name, client=client)
        assert too_soon.status_code == HTTPStatus.TOO_MANY_REQUESTS, too_soon
        assert isinstance(too_soon.parsed, Problem), too_soon
        assert int(too_soon.headers["retry-after"]) <= 30, too_soon

        sender = get_sender.sync(f"sales@{name}", client=client)
        assert isinstance(sender, Sender), sender
        assert (sender.allowed, sender.reason) == (False, SenderReason.WAITING_FOR_DNS), sender

        # Of the media types of a response the generator knows the first, so every format is text.
        handed_off = {}
        for format_ in HandoffFormat:
            records = get_records.sync(name, client=client, format_=format_)
            assert isinstance(records, str), (format_, records)
            assert name in records, (format_, records)
            handed_off[format_] = records
        records = RecordSet.from_dict(json.loads(handed_off[HandoffFormat.JSON]))
        assert records.domain == name, records
        assert [record.priority for record in records.records if record.type_ == "MX"] == [10], records
        changes = Route53ChangeBatch.from_dict(json.loads(handed_off[HandoffFormat.ROUTE53])).changes
        assert len(changes) == len(records.records), changes
        assert "IN" in handed_off[HandoffFormat.ZONE], handed_off
        assert handed_off[HandoffFormat.HTML].startswith("<!"), handed_off

        history = get_history.sync(name, client=client)
        assert isinstance(history, History), history
        assert history.items[-1].action.value == "added", history

        refused = add_domain.sync_detailed(client=client, body=AddDomain(domain="co.uk"))
        assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY, refused
        assert isinstance(refused.parsed, Problem), refused
        assert refused.parsed.code is ProblemCode.PUBLIC_SUFFIX, refused.parsed
        missing = get_domain.sync("nothing.example", client=client)
        assert isinstance(missing, Problem), missing
        assert missing.code is ProblemCode.NOT_FOUND, missing

    with AuthenticatedClient(token="none", **strict) as stranger:
        unauthorized = get_domain.sync(name, client=stranger)
        assert isinstance(unauthorized, GatewayMessage), unauthorized


main()
