//! Chat messages: one after each email; a chat message never delays an email.

use aws_lambda_events::event::sqs::SqsBatchResponse;
use serde_json::Value;

use crate::tests::{Answer, TestApp, app, delivery, notified};

fn posted(app: &TestApp) -> Vec<Value> {
    let posted = app.chat.as_ref().unwrap().posted.lock().unwrap();
    let messages = posted.iter().map(|message| serde_json::from_str(message));
    messages.map(Result::unwrap).collect()
}

#[tokio::test]
async fn each_email_is_followed_by_one_valid_chat_message() {
    let app = app();
    for _ in 0..3 {
        notified(&app, delivery("verified")).await;
    }
    let posted = posted(&app);
    assert_eq!(posted.len(), 1);
    let message = &posted[0];
    assert_eq!(message["version"], "1.0");
    assert_eq!(message["source"], "custom");
    assert_eq!(message["content"]["textType"], "client-markdown");
    let thread = message["metadata"]["threadId"].as_str().unwrap();
    assert!(thread.starts_with("example.com."), "{thread}");
    let subject = app.mail.emails.lock().unwrap()[0].subject.clone();
    let title = message["content"]["title"].as_str().unwrap();
    assert!(title.ends_with(&subject), "{title}");
}

#[tokio::test]
async fn no_chat_message_follows_an_email_that_was_not_sent() {
    let app = app();
    app.mail.answers_next([Answer::Throttles]);
    notified(&app, delivery("verified")).await;
    assert_eq!(posted(&app), [Value::Null; 0]);
    notified(&app, delivery("verified")).await;
    assert_eq!(posted(&app).len(), 1);
}

#[tokio::test]
async fn a_failing_chat_topic_is_tried_three_times_and_delays_no_email() {
    for (failures, messages) in [(2, 1), (3, 0)] {
        let app = app();
        *app.chat.as_ref().unwrap().failures.lock().unwrap() = failures;
        let answer = notified(&app, delivery("verified")).await;
        assert_eq!(answer, SqsBatchResponse::default());
        assert_eq!(app.mail.emails.lock().unwrap().len(), 1);
        assert_eq!(posted(&app).len(), messages, "{failures}");
    }
}

#[tokio::test]
async fn emails_are_sent_without_a_chat_topic() {
    let mut app = app();
    app.chat = None;
    let answer = notified(&app, delivery("verified")).await;
    assert_eq!(answer, SqsBatchResponse::default());
    assert_eq!(app.mail.emails.lock().unwrap().len(), 1);
}
