"""Starts ministack so that it never outlives the runner, and with one correction.

The runner holds the other end of stdin. When that closes, however the runner ended, the whole
process group goes: ministack and every function that it started.
"""

import json
import os
import shutil
import signal
import tempfile
import threading

from ministack import app
from ministack.services import lambda_svc, sns


def end_with_the_runner():
    def watch():
        while os.read(0, 1024):
            pass
        shutil.rmtree(tempfile.gettempdir(), ignore_errors=True)
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=watch, name="end-with-the-runner", daemon=True).start()


def deliver_as_sns_does(endpoint, envelope, topic_arn, sub_arn, msg_id, message, attributes):
    """SNS invokes a function asynchronously: Lambda retries, and then uses the dead-letter queue.

    ministack does so for every other source of events; for SNS it invokes once and forgets.
    """
    function, config, name = lambda_svc._get_func_record_for_ref(endpoint)
    if not function or not config:
        raise LookupError(f"the subscribed function {name} does not exist")
    record = {
        "EventVersion": "1.0",
        "EventSubscriptionArn": sub_arn,
        "EventSource": "aws:sns",
        "Sns": json.loads(envelope),
    }
    lambda_svc.invoke_async_with_retry(
        lambda_svc._execution_record_for_config(function, config), {"Records": [record]}
    )


if not callable(sns._deliver_to_lambda):
    raise AssertionError("ministack has changed: SNS delivers to Lambda elsewhere")
sns._deliver_to_lambda = deliver_as_sns_does

end_with_the_runner()
app.main()
