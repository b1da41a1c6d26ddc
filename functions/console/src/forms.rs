//! Form tokens: a form can be sent only by the session that it was made for, and only to its own
//! address.

use domain_auth::ports::Ids;

use crate::request::Incoming;
use crate::seal::{Purpose, Seal};
use crate::session::Session;

/// The field that every form has.
pub(crate) const FIELD: &str = "form";

/// Makes the forms of a session.
#[derive(Clone, Copy)]
pub(crate) struct Forms<'a> {
    seal: &'a Seal,
    session: &'a Session,
    ids: &'a dyn Ids,
}

/// A form is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Forged {
    /// `Origin` is not the console's.
    #[error("the form comes from another origin")]
    Origin,
    /// The form was made for another session or another address.
    #[error("the form was not made for this session")]
    Form,
}

impl<'a> Forms<'a> {
    pub(crate) fn new(seal: &'a Seal, session: &'a Session, ids: &'a dyn Ids) -> Self {
        Self { seal, session, ids }
    }

    /// The value of [`FIELD`] in a form that is sent to `path`. Every form has a different value.
    pub(crate) fn token(&self, path: &str) -> String {
        let context = [self.session.secret.as_str(), path];
        self.seal.seal(Purpose::Form, &context, &self.ids.secret())
    }

    /// The same on all pages of the session, and on those of no other.
    pub(crate) fn of_session(&self) -> String {
        let context = [self.session.secret.as_str(), "page"];
        self.seal.seal(Purpose::Form, &context, &())
    }

    /// Checks the form of a request, and returns its `Idempotency-Key`: the same one, however often
    /// the form is sent.
    pub(crate) fn key(&self, request: &Incoming, origin: &str) -> Result<String, Forged> {
        if request.origin() != Some(origin) {
            return Err(Forged::Origin);
        }
        let context = [self.session.secret.as_str(), request.path.as_str()];
        let sealed = request.field(FIELD).ok_or(Forged::Form)?;
        self.seal
            .open(Purpose::Form, &context, sealed)
            .ok_or(Forged::Form)
    }
}
