//! The result of a handler, and how it becomes the reply to the caller.

use std::time::Duration;

use domain_auth::event::Event;
use domain_auth::figures::Figure;
use domain_auth::ports::{Clock, Meter, Outbox, Ports, Publish};
use domain_auth::use_cases::StoreTools;
use domain_auth::use_cases::publish::publish;

use crate::problem::ApiError;
use crate::reply::Reply;

/// How long the caller waits for the events to be published; the poller publishes what is left.
const PATIENCE: Duration = Duration::from_secs(3);

/// The result of a handler: the reply, and the events and figures that are still to be published.
pub struct Answer {
    reply: Result<Reply, ApiError>,
    events: Vec<Event>,
    figures: Vec<Figure>,
}

impl Answer {
    /// The reply after changes that were written with these events. They are published even if what came after
    /// the changes was refused.
    pub fn after(events: impl IntoIterator<Item = Event>, reply: Result<Reply, ApiError>) -> Self {
        Self {
            reply,
            events: events.into_iter().collect(),
            figures: Vec::new(),
        }
    }

    /// Adds metrics that were counted.
    #[must_use]
    pub fn with_figures(mut self, figures: Vec<Figure>) -> Self {
        self.figures = figures;
        self
    }
}

/// A reply without events and figures to publish.
impl From<Reply> for Answer {
    fn from(reply: Reply) -> Self {
        Self::after(None, Ok(reply))
    }
}

/// The reply that `handling` gives, once its events are published or 3 seconds are over.
pub async fn published<P>(
    tools: &StoreTools<'_, P>,
    publisher: &P::Publisher,
    handling: impl Future<Output = Result<Answer, ApiError>>,
) -> Result<Reply, ApiError>
where
    P: Ports<Store: Outbox, Publisher: Publish>,
{
    let answer = handling.await?;
    let until = tools.clock.now() + PATIENCE;
    publish(tools, publisher, &answer.events, until).await;
    answer.reply
}

/// The result of `handling`, once its figures are recorded.
pub async fn measured(
    meter: &impl Meter,
    clock: &impl Clock,
    handling: impl Future<Output = Result<Answer, ApiError>>,
) -> Result<Answer, ApiError> {
    let answer = handling.await?;
    meter.record(clock.now(), &answer.figures);
    Ok(answer)
}
