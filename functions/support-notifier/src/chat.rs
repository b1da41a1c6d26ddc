//! Messages for a chat channel. Only the email is guaranteed; the chat message follows it. The
//! invocation that has sent the email of an event posts its message, so a message is never posted
//! twice. The channel misses a message if the invocation crashes in between, or if the topic
//! refuses three attempts.

use std::time::Duration;

use domain_auth::event::Event;
use domain_auth::ports::{Clock, PostToChat};
use domain_auth_emails::{ChatMessage, Console, alert};

/// The pauses before the second and the third attempt.
const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_millis(800)];

/// Posts a short form of the email about an event. A failure is logged.
pub(crate) async fn post(
    chat: &impl PostToChat,
    clock: &impl Clock,
    event: &Event,
    console: &Console,
) {
    let message = ChatMessage::of(event, &alert(event, console));
    let message = match serde_json::to_string(&message) {
        Ok(message) => message,
        Err(error) => {
            let error = &error as &dyn std::error::Error;
            tracing::error!(error, "a chat message could not be written");
            return;
        }
    };
    let mut posted = chat.post(&message).await;
    for pause in PAUSES {
        if posted.is_ok() {
            return;
        }
        clock.sleep(pause).await;
        posted = chat.post(&message).await;
    }
    let Err(error) = posted else { return };
    tracing::error!(
        event_id = %event.event_id,
        error = &error as &dyn std::error::Error,
        "a chat message was not posted; the email of the event was sent"
    );
}
