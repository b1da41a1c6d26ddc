//! EventBridge Scheduler: finishes provisioning, asks SES in batches, publishes events.
