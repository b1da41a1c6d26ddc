//! The same for a chat channel. The email is what is promised, and this comes behind it: a message is posted by
//! the invocation that has sent the email of its event, so that it is never posted twice. One that dies between
//! the two, or a topic that takes nothing in three attempts, leaves the channel without that message.

use std::time::Duration;

use domain_auth::event::Event;
use domain_auth::ports::{Clock, PostToChat};
use domain_auth_emails::{ChatMessage, Console, alert};

/// The pauses before the second and the third attempt.
const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_millis(800)];

/// Posts what the email of an event says, in short. A failure is logged.
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
