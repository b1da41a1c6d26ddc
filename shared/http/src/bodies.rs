//! Bodies out of requests.

use domain_auth::names::{DomainName, Note};
use domain_auth::use_cases::release::Order;
use lambda_http::Request;

use crate::fields::Fields;
use crate::operations::{
    AddDomainBody, InstructionsBody, LimitsBody, NotifyReadyBody, RejectDomainBody, release_order,
};
use crate::problem::ApiError;

impl AddDomainBody {
    /// Reads the body. Every field that is wrong is named, not only the first.
    pub fn parse(request: &Request) -> Result<Self, ApiError> {
        fields_in(request).and_then(Self::read)
    }
}

impl InstructionsBody {
    /// Reads the body. Every field that is wrong is named, not only the first.
    pub fn parse(request: &Request) -> Result<Self, ApiError> {
        fields_in(request).and_then(Self::read)
    }
}

impl LimitsBody {
    /// Reads the body. Every field that is wrong is named, not only the first.
    pub fn parse(request: &Request) -> Result<Self, ApiError> {
        fields_in(request).and_then(Self::read)
    }
}

/// The body of `POST …/reject` and `…/adopt`: why.
pub fn reason_in(request: &Request) -> Result<Note, ApiError> {
    let body = fields_in(request).and_then(RejectDomainBody::read)?;
    Ok(body.reason)
}

/// The body of `POST …/notify`: a note, or none. No body at all is none too.
pub fn note_in(request: &Request) -> Result<Option<Note>, ApiError> {
    let is_empty = request.body().as_ref().trim_ascii().is_empty();
    let fields = (!is_empty).then(|| fields_in(request)).transpose()?;
    Ok(NotifyReadyBody::read(fields)?.note)
}

/// The body of `POST …/release` of the domain `name`.
pub fn release_in(request: &Request, name: &DomainName) -> Result<Order, ApiError> {
    release_order(fields_in(request)?, name)
}

fn fields_in(request: &Request) -> Result<Fields, ApiError> {
    Fields::in_body(request.body().as_ref())
}
