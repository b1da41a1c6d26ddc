"""Corrects ministack's SQS where an event source mapping, or a person with a dead-letter queue, needs it."""

import json
import time

from ministack.core import iam_actions, iam_evaluator
from ministack.core.concurrency import esm_wake
from ministack.core.responses import get_account_id, get_region, new_uuid
from ministack.services import lambda_svc, sqs

# What a function's role needs so that Lambda polls a queue for it (Lambda Developer Guide, "Creating and
# configuring an Amazon SQS event source mapping").
POLLING = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")

receive_for_mapping = sqs._receive_messages_for_esm
action_of = iam_actions.extract_iam_action


def replace(module, name, new):
    if not callable(getattr(module, name, None)):
        raise AssertionError(f"ministack has changed: {module.__name__} has no {name}")
    setattr(module, name, new)


def action_as_iam_knows_it(*request):
    """The batch actions of SQS are authorised as the plain ones (SQS Developer Guide, "API permissions")."""
    action = action_of(*request)
    if action and action.startswith("sqs:") and action.endswith("Batch"):
        return action.removesuffix("Batch")
    return action


def refused_action(mapping, queue_arn):
    """The first action that the role of a mapping's function may not do on its queue, or None."""
    _, config = lambda_svc._get_func_record_for_qualifier(
        mapping["FunctionName"], mapping.get("Qualifier")
    )
    role = (config or {}).get("Role", "").rpartition("/")[2]
    policies = iam_evaluator._gather_role_policies(role, get_account_id())
    for action in POLLING:
        context = iam_evaluator.EvalContext(
            principal_arn=f"arn:aws:sts::{get_account_id()}:assumed-role/{role}/polling",
            principal_type="AssumedRole",
            principal_account=get_account_id(),
            action=action,
            resource_arn=queue_arn,
            region=get_region(),
        )
        if iam_evaluator.evaluate(context, policies).decision != "Allow":
            return action
    return None


def receive_as_the_role_may(queue_url, max_number):
    """Lambda polls with the permissions of the function's role. ministack polls without any."""
    queue_arn = sqs._get_q(queue_url)["attributes"]["QueueArn"]
    for _, _, mapping in lambda_svc._iter_all_esms():
        if mapping["EventSourceArn"] != queue_arn:
            continue
        action = refused_action(mapping, queue_arn)
        if action:
            mapping["LastProcessingResult"] = f"PROBLEM: AccessDenied for {action}"
            return []
    return receive_for_mapping(queue_url, max_number)


# ministack makes a new list of a queue's messages without those that go. What SNS puts into the old list
# meanwhile, on another thread, is lost. Here messages leave the list one by one.


def take_out(queue, is_gone):
    taken = []
    for message in [message for message in list(queue["messages"]) if is_gone(message)]:
        try:
            queue["messages"].remove(message)
        except ValueError:
            continue  # Another thread has it.
        taken.append(message)
    return taken


def dead_letter(queue):
    policy = queue["attributes"].get("RedrivePolicy")
    if not policy:
        return
    policy = json.loads(policy)
    target = sqs._queue_by_arn(policy["deadLetterTargetArn"])
    if target is None:
        return
    most, now = int(policy["maxReceiveCount"]), time.time()
    for message in take_out(
        queue, lambda message: message["receive_count"] >= most and message["visible_at"] <= now
    ):
        source = {"DeadLetterQueueSourceArn": queue["attributes"]["QueueArn"]}
        moved = {**message, "receipt_handle": None, "visible_at": now}
        moved["sys"] = {**source, **message.get("sys", {})}
        target["messages"].append(moved)


def has_receipt(message, receipts):
    return message.get("receipt_handle") is not None and message["receipt_handle"] in receipts


def delete_for_mapping(queue_url, receipts):
    take_out(sqs._get_q(queue_url), lambda message: has_receipt(message, receipts))


def delete(data, queue_url):
    queue = sqs._get_q(data.get("QueueUrl", queue_url), "sqs:DeleteMessage")
    receipt = data.get("ReceiptHandle")
    if not receipt:
        raise sqs._Err("MissingParameter", "The request must contain the parameter ReceiptHandle.")
    if not take_out(queue, lambda message: has_receipt(message, {receipt})):
        raise sqs._Err("ReceiptHandleIsInvalid", "The input receipt handle is invalid.")
    return {}


def start_move_task(data, _):
    """`StartMessageMoveTask`, which ministack lacks. Here all messages have moved when it answers.

    Amazon SQS API reference: only from a dead-letter queue of other SQS queues; without a destination
    back to where each message came from, which is not known of one that was sent to the dead-letter
    queue itself. Such a message stays. A moved message is a new one.
    """
    queue = sqs._queue_by_arn(data.get("SourceArn", ""))
    if queue is None:
        raise sqs._Err(
            "ResourceNotFoundException",
            "The resource that you specified for the SourceArn parameter doesn't exist.",
            404,
        )
    arn = queue["attributes"]["QueueArn"]
    policies = [other["attributes"].get("RedrivePolicy", "{}") for other in sqs._queues.values()]
    if not any(json.loads(policy).get("deadLetterTargetArn") == arn for policy in policies):
        raise sqs._Err(
            "InvalidParameterValue", "Source queue must be configured as a Dead Letter Queue."
        )

    def destination(message):
        source = message.get("sys", {}).get("DeadLetterQueueSourceArn", "")
        return sqs._queue_by_arn(data.get("DestinationArn") or source)

    now = time.time()
    for message in take_out(queue, lambda message: destination(message) is not None):
        system = dict(message.get("sys", {}))
        system.pop("DeadLetterQueueSourceArn", None)
        system["SentTimestamp"] = str(int(now * 1000))
        moved = {
            **message,
            "id": new_uuid(),
            "sys": system,
            "sent_at": now,
            "visible_at": now,
            "receive_count": 0,
            "receipt_handle": None,
            "first_receive_at": None,
        }
        destination(message)["messages"].append(moved)
    esm_wake.set()
    finished_tasks[arn] = {
        "SourceArn": arn,
        "Status": "COMPLETED",
        "StartedTimestamp": int(now * 1000),
    }
    return {"TaskHandle": new_uuid()}


# The last task of each queue.
finished_tasks = {}


def list_move_tasks(data, _):
    """`ListMessageMoveTasks`, the most recent one. None is ever under way here."""
    task = finished_tasks.get(data.get("SourceArn", ""))
    return {"Results": [task] if task else []}


def correct():
    replace(iam_actions, "extract_iam_action", action_as_iam_knows_it)
    replace(sqs, "_receive_messages_for_esm", receive_as_the_role_may)
    replace(sqs, "_delete_messages_for_esm", delete_for_mapping)
    replace(sqs, "_dlq_sweep", dead_letter)
    for action in ("DeleteMessage", "ReceiveMessage"):
        if action not in sqs._HANDLERS:
            raise AssertionError(f"ministack has changed: it does {action} elsewhere")
    sqs._HANDLERS["DeleteMessage"] = delete
    sqs._HANDLERS["ListMessageMoveTasks"] = list_move_tasks
    sqs._HANDLERS["StartMessageMoveTask"] = start_move_task
