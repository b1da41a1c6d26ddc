//! The poller with 10,000 domains, compared with asking SES about one domain at a time; and with
//! more domains.

mod fairness;
mod million;
mod month;
mod one_by_one;
mod ours;
mod population;
mod price;
mod queue;
mod resources;
mod result;
mod sweep;

pub(crate) use fairness::fairness;
pub(crate) use million::million;
pub(crate) use queue::queue;
pub(crate) use resources::resources;
pub(crate) use sweep::sweep;
