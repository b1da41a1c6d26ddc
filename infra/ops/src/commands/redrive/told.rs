//! What `lasso-ops redrive` tells of the dead-letter queues.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

/// Messages per second that SQS moves: as many emails as a new account may send, and a few less.
pub(super) const PER_SECOND: i32 = 10;

/// The messages that were found, and what was done.
#[derive(Debug, Serialize)]
pub(super) struct Redriven {
    pub(super) dry_run: bool,
    /// Alerts about stopped mail that could not be emailed.
    pub(super) first_alerts: Option<Alerts>,
    /// Other alerts that could not be emailed.
    pub(super) alerts: Option<Alerts>,
    /// Events that SNS could not put into a queue.
    pub(super) of_topic: Option<Waiting>,
    /// Events of the topic's queue that were moved here, one by one.
    pub(super) moved: usize,
}

/// The dead letters of a queue of alerts.
#[derive(Debug, Default, Serialize)]
pub(super) struct Alerts {
    #[serde(flatten)]
    pub(super) waiting: Waiting,
    /// The task of SQS that moves them.
    pub(super) task: Option<String>,
    /// Whether an earlier start had begun that task, and it is still under way.
    pub(super) task_was_under_way: bool,
}

/// The messages that wait in a queue.
#[derive(Debug, Default, Serialize)]
pub(super) struct Waiting {
    /// The number of messages, by SQS's approximate count.
    pub(super) messages: u64,
    /// How many of them were looked at: 0 if they are moved.
    pub(super) looked_at: usize,
    /// How often there is each reason, of those that were looked at.
    pub(super) reasons: BTreeMap<String, usize>,
}

impl Redriven {
    /// Messages wait, or an event of the topic could not be had, because another process was looking at it.
    pub(super) fn needs_a_person(&self) -> bool {
        let of_topic = self.of_topic.as_ref().map_or(0, |it| it.messages);
        let alerts = [&self.first_alerts, &self.alerts].into_iter().flatten();
        let waits = of_topic + alerts.map(|it| it.waiting.messages).sum::<u64>() > 0;
        let left = u64::try_from(self.moved).unwrap_or(u64::MAX) < of_topic;
        if self.dry_run { waits } else { left }
    }
}

impl Waiting {
    fn write(&self, f: &mut fmt::Formatter<'_>, what: &str) -> fmt::Result {
        writeln!(f, "{} {what}", self.messages)?;
        let looked_at = u64::try_from(self.looked_at).unwrap_or(u64::MAX);
        if 0 < looked_at && looked_at < self.messages {
            writeln!(f, "  of the {looked_at} that were looked at:")?;
        }
        for (reason, count) in &self.reasons {
            writeln!(f, "  {count}: {reason}")?;
        }
        Ok(())
    }
}

impl Alerts {
    fn write(&self, f: &mut fmt::Formatter<'_>, what: &str) -> fmt::Result {
        self.waiting.write(f, what)?;
        if self.task_was_under_way {
            writeln!(f, "  SQS moves them back since an earlier start.")?;
        } else if self.task.is_some() {
            writeln!(f, "  SQS moves them back, {PER_SECOND} per second.")?;
        }
        Ok(())
    }
}

impl fmt::Display for Redriven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(alerts) = &self.first_alerts {
            alerts.write(f, "alerts about stopped mail that could not be emailed")?;
        }
        if let Some(alerts) = &self.alerts {
            alerts.write(f, "other alerts that could not be emailed")?;
        }
        if let Some(waiting) = &self.of_topic {
            waiting.write(f, "events that did not reach a queue")?;
        }
        if self.dry_run {
            return writeln!(
                f,
                "Nothing was moved: --yes does it, once the reasons are repaired."
            );
        }
        if self.of_topic.is_some() {
            writeln!(
                f,
                "{} events were moved to the queues of alerts.",
                self.moved
            )?;
        }
        if self.needs_a_person() {
            writeln!(
                f,
                "The others could not be read now: start again in a minute."
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_about_a_sample_of_the_messages_says_so() {
        let redriven = |messages, looked_at| Redriven {
            dry_run: true,
            first_alerts: None,
            alerts: Some(Alerts {
                waiting: Waiting {
                    messages,
                    looked_at,
                    reasons: BTreeMap::from([("MessageRejected".to_owned(), looked_at)]),
                },
                ..Alerts::default()
            }),
            of_topic: Some(Waiting::default()),
            moved: 0,
        };
        let all = redriven(12, 12).to_string();
        assert!(
            all.starts_with("12 other alerts that could not be emailed\n  12: MessageRejected\n")
        );
        let some = redriven(120_000, 100).to_string();
        assert!(some.contains("120000 other alerts that could not be emailed\n  of the 100 that were looked at:\n  100: MessageRejected\n"));
    }

    #[test]
    fn alerts_about_stopped_mail_are_listed_first_and_need_a_person() {
        let waiting = |messages| Alerts {
            waiting: Waiting {
                messages,
                ..Waiting::default()
            },
            ..Alerts::default()
        };
        let redriven = Redriven {
            dry_run: true,
            first_alerts: Some(waiting(1)),
            alerts: Some(waiting(0)),
            of_topic: None,
            moved: 0,
        };
        assert!(redriven.needs_a_person());
        let told = redriven.to_string();
        let lines: Vec<&str> = told.lines().collect();
        assert_eq!(
            lines[0],
            "1 alerts about stopped mail that could not be emailed"
        );
        assert_eq!(lines[1], "0 other alerts that could not be emailed");
    }
}
