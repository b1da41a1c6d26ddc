//! The HTTP contract: who is calling, what they may send, and what they get back.

mod bodies;
mod caller;
mod cursor;
mod entry;
mod fields;
mod history_view;
mod input;
mod instructions_view;
mod limits_view;
mod notified_view;
mod once;
#[cfg(feature = "openapi")]
pub mod openapi;
mod operations;
mod problem;
mod refusals;
mod reply;
mod request_line;
mod routes;
mod sender_view;
mod staff_view;
mod view;

pub use bodies::{note_in, reason_in, release_in};
pub use caller::{Caller, ClaimNames, Role, Supporter};
pub use cursor::{Cursors, List};
pub use entry::{ParsedRequest, observed, request_of, run};
pub use history_view::{ActorView, ClientHistory, HistoryEntryView, HistoryView};
pub use input::{client_in_path, confirmation_of, domain_in_path, limit_of, status_of};
pub use instructions_view::{InstructionsView, LeftView};
pub use limits_view::{ClientLimitsView, LimitView, LimitsSetView};
pub use notified_view::NotifiedView;
pub use once::once;
pub use operations::{
    AddDomainBody, AdoptIdentityBody, InstructionsBody, LimitsBody, NotifyReadyBody, Operation,
    RejectDomainBody,
};
pub use problem::{ApiError, FieldError, MAX_BODY, Problem};
pub use reply::{
    Reply, document, json, json_for_a_minute, json_for_everybody, no_content, problem,
};
pub use routes::{Access, Route};
pub use sender_view::{SenderAction, SenderReason, SenderView};
pub use staff_view::{
    ClaimView, MissingView, OrphanView, ReconciliationView, StaffDomainView, StaffListView,
    StaffSummaryView,
};
pub use view::{DomainListView, DomainSummaryView, DomainView, RecordView};
