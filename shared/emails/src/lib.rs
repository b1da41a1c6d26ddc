//! The wording and layout of the service's emails. A [`Draft`] has the content: subject, heading,
//! parts, button and small print. [`Draft::text`] and [`Draft::html`] render it. No I/O.
//!
//! | to make | use |
//! | --- | --- |
//! | an email about one event, to Lasso support | [`alert`] |
//! | an email about one event, to the contact of the client | [`notice`] |
//! | an email about several events | [`digest()`] |
//! | a message for a chat channel | [`ChatMessage`] |
//! | another email | a [`Draft`] of your own parts |
//!
//! A client's text goes into a draft through [`domain_auth::plain_text`], so that nothing in it
//! becomes a link. A draft removes invisible characters and line breaks from all its texts once
//! more, and its HTML escapes them.

#![forbid(clippy::todo, clippy::unimplemented, clippy::unwrap_used)]

mod alert;
mod chat;
mod console;
mod digest;
mod draft;
mod html;
mod names;
mod notice;
mod parts;
mod preview;
mod samples;
mod summary;
mod text;
mod waiting;
mod words;

pub use alert::alert;
pub use chat::ChatMessage;
pub use console::Console;
pub use digest::{Reader, digest};
pub use draft::{Button, Draft, Part, RecordRow, Target, Tone};
pub use notice::notice;
pub use preview::{PreviewError, PreviewFile, preview};
pub use samples::{LetterError, Sample, letter_samples, samples};
pub use summary::summary;
pub use words::{moment, state_word};

#[cfg(test)]
mod tests;
