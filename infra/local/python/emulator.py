"""Starts ministack so that it never outlives the runner, and with corrections.

The runner holds the other end of stdin. When that closes, however the runner ended, the whole
process group goes: ministack and every function that it started.
"""

import base64
import email.utils
import inspect
import json
import os
import re
import shutil
import signal
import sys
import tempfile
import threading
import urllib.parse

from ministack import app
from ministack.core import iam_actions
from ministack.core.responses import get_account_id
from ministack.services import cloudwatch, cognito, ses_v2

# No folder of compiled modules in the checkout.
sys.dont_write_bytecode = True

import sqs_as_aws  # noqa: E402


def end_with_the_runner():
    def watch():
        while os.read(0, 1024):
            pass
        shutil.rmtree(tempfile.gettempdir(), ignore_errors=True)
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=watch, name="end-with-the-runner", daemon=True).start()


def tag_context(headers, request, query):
    """The condition keys of SES that are about tags, without those of the resource, and with them.

    The identity's tags come from the SES gate: it alone knows the identities of both APIs.
    """
    tags = {tag.get("Key"): tag.get("Value") for tag in request.get("Tags") or []}
    keys = query.get("TagKeys") or list(tags)
    context = {f"aws:RequestTag/{key}": value for key, value in tags.items()}
    if keys:
        context["aws:TagKeys"] = [keys] if isinstance(keys, str) else list(keys)
    resource = json.loads(base64.b64decode(headers.get("x-ses-gate-tags") or "e30="))
    resource = {f"aws:ResourceTag/{key}": value for key, value in resource.items()}
    return context, {**context, **resource}


def checks_of_ses(action, arn, headers, body, query):
    """What SES authorises for a call about an identity: actions, resources and condition keys.

    Service Authorization Reference, Amazon SES v2. ministack knows no resource for the tagging
    actions, no second resource, and no condition keys.
    """
    try:
        request = json.loads(body or b"{}")
    except ValueError:
        request = {}
    context, with_resource = tag_context(headers, request, query)
    operation = action.removeprefix("ses:")
    if operation in ("TagResource", "UntagResource", "ListTagsForResource"):
        named = request.get("ResourceArn") or query.get("ResourceArn") or "*"
        return [(action, named if isinstance(named, str) else named[0], with_resource)]
    checks = [(action, arn, with_resource)]
    if operation == "CreateEmailIdentity" and request.get("Tags"):
        checks.append(("ses:TagResource", arn, context))
    configuration_set = request.get("ConfigurationSetName")
    if operation == "PutEmailIdentityConfigurationSetAttributes" and configuration_set:
        prefix, _, _ = arn.rpartition(":identity/")
        checks.append((action, f"{prefix}:configuration-set/{configuration_set}", context))
    return checks


def attachments_of(body):
    """The files of a simple message (SES API v2 reference, "Attachment")."""
    try:
        content = json.loads(body or b"{}").get("Content") or {}
    except ValueError:
        return []
    return (content.get("Simple") or {}).get("Attachments") or []


enforce_ses_v2 = app._enforce_ses_v2


def authorise_email(headers, body, query_params, request_id):
    """SendEmail: SES knows the sender's address (Service Authorization Reference, `ses:FromAddress`)."""
    try:
        sender = json.loads(body or b"{}").get("FromEmailAddress") or ""
    except ValueError:
        sender = ""
    context = {"ses:FromAddress": email.utils.parseaddr(sender)[1]}
    actions = ["ses:SendRawEmail"] if attachments_of(body) else []
    for action in ["ses:SendEmail", *actions]:
        denied = app._enforce_data_plane(
            "sesv2",
            action,
            headers,
            query_params,
            request_id,
            resource_arn="*",
            service_context=context,
        )
        if denied:
            return denied
    return None


def authorise(method, path, headers, body, query_params, request_id):
    if path.endswith("/outbound-emails"):
        return authorise_email(headers, body, query_params, request_id)
    action = iam_actions.extract_iam_action("ses", method, path, headers, body, query_params)
    if action is None or not ("/identities" in path or path.endswith("/tags")):
        return enforce_ses_v2(method, path, headers, body, query_params, request_id)
    region = app.extract_region(headers, query_params)
    arn = iam_actions.extract_resource_arn(
        "ses", method, path, headers, body, query_params, region, get_account_id()
    )
    for action, resource, context in checks_of_ses(action, arn, headers, body, query_params):
        denied = app._enforce_data_plane(
            "sesv2",
            action,
            headers,
            query_params,
            request_id,
            resource_arn=resource,
            service_context=context,
            named_resource=resource,
        )
        if denied:
            return denied
    return None


if list(inspect.signature(enforce_ses_v2).parameters) != [
    "method",
    "path",
    "headers",
    "body",
    "query_params",
    "request_id",
] or "service_context" not in inspect.signature(app._enforce_data_plane).parameters:
    raise AssertionError("ministack has changed: it authorises the calls of SES v2 elsewhere")
app._enforce_ses_v2 = authorise

handle_ses_v2 = ses_v2.handle_request
show_mailbox = app._handle_ses_messages_request
# The files of the emails that have some, by the identifiers of these.
files_of_emails = {}


async def keeping_attachments(method, path, headers, body, query_params):
    """The emulator's own, which forgets the files of an email."""
    answer = await handle_ses_v2(method, path, headers, body, query_params)
    files = attachments_of(body) if path.endswith("/outbound-emails") else []
    if files and answer[0] == 200:
        files_of_emails[json.loads(answer[2])["MessageId"]] = [
            {
                "FileName": file["FileName"],
                "ContentType": file.get("ContentType"),
                "Content": base64.b64decode(file["RawContent"]).decode(),
            }
            for file in files
        ]
    return answer


async def show_attachments(method, path, headers, query_params):
    """The mailbox, with the files of the emails."""
    answer = await show_mailbox(method, path, headers, query_params)
    if answer is None or answer[0] != 200:
        return answer
    status, headers, body = answer
    mailbox = json.loads(body)
    for email in (email for emails in mailbox["messages"].values() for email in emails):
        if files := files_of_emails.get(email["MessageId"]):
            email["Attachments"] = files
    return status, headers, json.dumps(mailbox).encode()


describe_alarms = cloudwatch._describe_alarms


def describe_actions(*request):
    """The alarms in XML with their actions, and whether these are on. ministack leaves both out."""

    def with_actions(found):
        alarm = cloudwatch._alarms.get(found[1].decode(), {})
        enabled = str(alarm.get("ActionsEnabled", True)).lower()
        actions = "".join(f"<member>{arn}</member>" for arn in alarm.get("AlarmActions") or [])
        text = f"<ActionsEnabled>{enabled}</ActionsEnabled><AlarmActions>{actions}</AlarmActions>"
        return found[0] + text.encode()

    status, headers, body = describe_alarms(*request)
    if headers.get("Content-Type") == "application/xml":
        body = re.sub(rb"<AlarmName>([^<]*)</AlarmName>", with_actions, body)
    return status, headers, body


answer_token_request = cognito._oauth2_token


def with_pkce_on_both_sides(data, query_params, raw_body=b"", headers=None):
    """A verifier without a challenge is refused (RFC 9700 section 4.8.2): the challenge was taken
    out of the authorization request between console and issuer. ministack ignores such a verifier."""
    form = urllib.parse.parse_qs(raw_body.decode("utf-8", errors="replace"))
    granted = cognito._authorization_codes.get(form.get("code", [""])[0])
    if granted and "code_verifier" in form and not granted.get("code_challenge"):
        return cognito._oauth2_error("invalid_grant", "There was no code_challenge.")
    return answer_token_request(data, query_params, raw_body, headers)


cognito._oauth2_token = with_pkce_on_both_sides
cloudwatch._describe_alarms = describe_actions
ses_v2.handle_request = keeping_attachments
app._handle_ses_messages_request = show_attachments
sqs_as_aws.correct()

end_with_the_runner()
app.main()
