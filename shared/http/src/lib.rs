//! The HTTP contract: the caller, the requests and the responses.

#![forbid(clippy::todo, clippy::unimplemented, clippy::unwrap_used)]

mod added_again_view;
mod answer;
mod body;
mod caching;
mod caller;
mod cursor;
mod entry;
mod erasure_view;
mod fields;
mod history_view;
mod input;
mod instructions_view;
mod limits_view;
mod links_view;
mod manners;
mod next_step;
mod notified_view;
mod obstacle_view;
mod once;
#[cfg(feature = "openapi")]
pub mod openapi;
mod operations;
mod patch;
mod problem;
mod public_url;
mod query;
mod refusals;
mod reply;
mod request;
mod request_line;
mod routes;
mod sender_view;
mod staff_reply;
mod staff_view;
mod stage;
mod time;
mod undelivered_view;
mod view;
mod waiting_view;
mod words;

pub use added_again_view::AddedAgainView;
pub use answer::{Answer, measured, published};
pub use caller::{ClaimNames, PersonClaims};
pub use cursor::{Cursors, List};
pub use entry::{observed, request_of, run};
pub use erasure_view::ErasureView;
pub use fields::Fields;
pub use history_view::{ActorView, ClientHistory, HistoryEntryView, HistoryView};
pub use input::{community_of, confirmation, limit_of, status_of};
pub use instructions_view::{InstructionsView, LeftView};
pub use limits_view::{ClientLimitsView, LimitView, LimitsSetView};
pub use links_view::{LinkListView, LinkView, MadeLinkView};
pub use next_step::{CallView, DeadlineMeans, NextStepCode, NextStepView};
pub use notified_view::NotifiedView;
pub use obstacle_view::{ObstacleKind, ObstacleView};
pub use once::{once, once_with_secret};
pub use operations::{
    AddDomainBody, AdoptIdentityBody, ChangeDomainBody, InstructionsBody, LimitsBody, MakeLinkBody,
    NotifyReadyBody, Operation, RejectDomainBody, SendersBody, client_to_erase, release_order,
};
pub use problem::{ApiError, FieldError, MAX_BODY, MAX_SENDERS_BODY, Problem};
pub use public_url::PublicUrl;
pub use reply::{
    Reply, document, json, json_for_a_minute, json_for_everybody, no_content, problem, reply_to,
};
pub use request::ParsedRequest;
pub use routes::{Access, Route};
pub use sender_view::{
    AddressView, SenderAction, SenderReason, SenderView, SenderWarningCode, SenderWarningView,
    SendersView,
};
pub use staff_reply::{not_being_removed, staff_domain, staff_entries};
pub use staff_view::{
    ClaimView, MissingView, OrphanView, ReadinessSummaryView, ReconciliationView, StaffDomainView,
    StaffListView, StaffSummaryView,
};
pub use view::{DomainListView, DomainSummaryView, DomainView, RecordView, SesView};
pub use waiting_view::{MissingCountView, WaitReason, WaitingView};
