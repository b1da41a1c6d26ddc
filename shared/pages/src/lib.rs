//! The shared parts of the HTML pages: the frame with style and script, the headers, and the
//! records of a domain. No I/O.
//!
//! Every `String` or `&str` in a page is escaped, except the parts of a [`Frame`], which are HTML
//! that a template has rendered.

#![forbid(clippy::todo, clippy::unimplemented, clippy::unwrap_used)]

mod fit;
mod frame;
mod headers;
mod record;

pub use fit::fitting;
pub use frame::{Frame, script, style};
pub use headers::{Referrer, headers};
pub use record::{Field, Fix, Provider, Record, RecordCard, cards, cards_within};
