//! What an operation takes: parameters and bodies.

use domain_auth::handoff::HandoffFormat;
use domain_auth::names::{Community, Note};
use domain_auth::state::Status;
use schemars::JsonSchema;
use serde_json::{Value, json};

use super::schemas::Schemas;
use crate::input::{AddDomainBody, InstructionsBody, LimitsBody};
use crate::routes::Operation;

/// The body of `RejectDomain`.
#[derive(JsonSchema)]
#[schemars(rename = "RejectDomain", deny_unknown_fields)]
#[expect(dead_code, reason = "stands for what `reason_in` reads")]
struct RejectDomainBody {
    /// Why, in plain text. The client reads it.
    reason: Note,
}

/// The body of `AdoptIdentity`.
#[derive(JsonSchema)]
#[schemars(rename = "AdoptIdentity", deny_unknown_fields)]
#[expect(dead_code, reason = "stands for what `reason_in` reads")]
struct AdoptIdentityBody {
    /// Why, in plain text. Only Lasso support reads it, in the history.
    reason: Note,
}

/// The body of `NotifyReady`.
#[derive(JsonSchema)]
#[schemars(rename = "NotifyReady", deny_unknown_fields)]
#[expect(dead_code, reason = "stands for what `note_in` reads")]
struct NotifyReadyBody {
    /// What Lasso support should know, in plain text. Empty is as good as absent.
    #[schemars(length(max = 1000))]
    note: Option<String>,
}

/// The body of `ReleaseDomain`.
#[derive(JsonSchema)]
#[schemars(rename = "ReleaseDomain", deny_unknown_fields)]
#[expect(dead_code, reason = "stands for what `release_in` reads")]
struct ReleaseDomainBody {
    /// Absent is as good as `end`.
    decision: Option<DecisionWord>,
    /// Why, in plain text. Whoever loses the name by it reads it.
    reason: Note,
    /// The domain once more, in any spelling, where Lasso sends for the holder that loses it.
    confirm: Option<String>,
}

/// What Lasso support decides about a claim.
#[derive(JsonSchema)]
#[schemars(rename = "ClaimDecision", rename_all = "snake_case")]
#[expect(dead_code, reason = "stands for what `release_in` reads")]
enum DecisionWord {
    /// The client does not have the name: a holder loses it, and a contested claim is dropped. A claim
    /// that has lost its name already, and has not proven it since, stays as it is.
    End,
    /// The claimant, which has proven the name, has it. A holder of exactly this name loses it;
    /// holders of names above and below keep theirs.
    Grant,
}

/// What there is to say beyond the summary.
pub(super) fn detail(operation: Operation) -> &'static str {
    match operation {
        Operation::AddDomain => {
            "201 with the records where Amazon SES answered at once; 202 with the status \
             `provisioning` where it did not, and the service goes on by itself; 202 with the \
             status `contested` where the name needs proof, with the `ownership` record to publish. \
             Adding a domain that the client has already changes nothing: 200."
        }
        Operation::ListDomains => "In the order of their names.",
        Operation::GetDomain => {
            "A pure read of what the service knows: it asks neither Amazon SES nor DNS."
        }
        Operation::GetRecords => {
            "In the format that `format` names, or else in the one that `Accept` prefers. A DMARC \
             record is left out where the domain has a policy already."
        }
        Operation::GetHistory | Operation::GetClientHistory => {
            "Who or what changed it, when, from which state to which, and why."
        }
        Operation::CheckDomain => {
            "Takes some seconds, up to 20. At most once per 30 seconds and domain, and 30 times a \
             minute for all domains of a client."
        }
        Operation::RestartDomain => "Starts both the search for the TXT record and for DKIM.",
        Operation::NotifyReady => {
            "Lasso support is told once for each state that the domain comes into; saying it again \
             is answered the same and tells nobody. `missing` says what is still missing. A domain \
             that was rejected is open for the final step again, and one that waits is looked at \
             more often. One that is `failed` or `contested` needs something else first: 409."
        }
        Operation::SendInstructions => {
            "One email to one address, with who sent it and why, and the note as the client's own \
             words. An answer to it reaches the domain's `contact_email`. On a day (UTC) at most 5 \
             for a domain and 50 for a client; to one address at most 5 for a client and 20 for all \
             clients."
        }
        Operation::RemoveDomain => {
            "Also where Amazon SES is slow: the service goes on by itself, and the domain can be \
             added again at once. Repeated while it goes on, it is 204 too; afterwards 404. A domain \
             that is `authenticated` or `at_risk` needs `confirm`."
        }
        Operation::GetSender => {
            "Always an answer, also for what is no address. A domain of the client covers all names \
             below it. May be kept for a minute."
        }
        Operation::ListQueue => {
            "The one that has waited longest first. Without a filter: what waits for Lasso."
        }
        Operation::GetClientDomain => "With the claim, and what the last look at DNS has seen.",
        Operation::CompleteDomain => "Only of a domain that is `verified`.",
        Operation::RejectDomain => "Only of a domain that is `verified`.",
        Operation::AdoptIdentity => {
            "Only of a contested domain, for an identity that Amazon SES has and that is not this \
             client's by its tags: one that was made by hand, for instance. It is tagged with the \
             client, and keeps its tokens, its MAIL FROM domain and its configuration set; nothing is \
             deleted or made. The poller does it within a minute. Where another client holds the name, \
             `release` decides."
        }
        Operation::RecheckDomain => {
            "Takes some seconds, up to 20. At most once per 30 seconds and domain, whoever asks, and \
             120 times a minute for one person."
        }
        Operation::ReleaseDomain => {
            "Ends the claim of this client. Of a domain that it holds: sending stops, the claim is \
             contested, and a client that has proven the name takes it within minutes. A contested \
             claim is dropped, and who holds the name keeps it. With the decision `grant`, for a \
             contested claim that is proven, the claimant has the name: a holder of exactly this \
             name loses it, and holders of names above and below keep theirs. Whoever loses by it \
             reads the `reason`. A holder that Lasso sends for (`authenticated`, `at_risk`) loses \
             its name only with `confirm`. Repeated, it has no second effect: a claim that has lost \
             its name already is answered as it stands. A grant that takes longer than some seconds, \
             because many names of others give way to it, is 202: the service does the rest within \
             minutes, whether it is repeated or not."
        }
        Operation::GetClientLimits => "Of any client, also of one that has no domains.",
        Operation::SetClientLimits => {
            "Replaces what was set before: a limit that is left out, or `null`, is the default of the \
             deployment. A limit below what the client has takes nothing from it. The client's \
             domains are counted anew when the next one is added or removed."
        }
        Operation::DescribeApi => "",
    }
}

/// The parameters in path and query.
pub(super) fn parameters(operation: Operation, schemas: &mut Schemas) -> Vec<Value> {
    let mut parameters: Vec<Value> = operation.route().parameters().map(in_path).collect();
    parameters.extend(match operation {
        Operation::ListDomains => {
            let mut filters = vec![
                query(
                    "status",
                    "Only domains in this state.",
                    &schemas.read::<Status>(),
                ),
                query(
                    "community",
                    "Only domains of this community, to the letter.",
                    &schemas.read::<Community>(),
                ),
            ];
            filters.extend(paging());
            filters
        }
        Operation::ListQueue => {
            let mut filters = vec![
                query(
                    "status",
                    "Only domains in this state.",
                    &schemas.read::<Status>(),
                ),
                query(
                    "waiting_for",
                    "Only domains that wait for Lasso support, or for their client.",
                    &json!({ "type": "string", "enum": ["lasso", "client"] }),
                ),
            ];
            filters.extend(paging());
            filters
        }
        Operation::GetHistory | Operation::GetClientHistory => paging(),
        Operation::GetRecords => vec![query(
            "format",
            "The hand-off format. Goes before `Accept`.",
            &schemas.read::<HandoffFormat>(),
        )],
        Operation::RemoveDomain => vec![query(
            "confirm",
            "The domain once more, in any spelling, where Lasso sends for it.",
            &json!({ "type": "string" }),
        )],
        Operation::AddDomain
        | Operation::GetDomain
        | Operation::CheckDomain
        | Operation::RestartDomain
        | Operation::NotifyReady
        | Operation::SendInstructions
        | Operation::GetSender
        | Operation::GetClientDomain
        | Operation::CompleteDomain
        | Operation::RejectDomain
        | Operation::RecheckDomain
        | Operation::ReleaseDomain
        | Operation::AdoptIdentity
        | Operation::GetClientLimits
        | Operation::SetClientLimits
        | Operation::DescribeApi => Vec::new(),
    });
    if operation.takes_keys() {
        parameters.push(idempotency_key());
    }
    parameters
}

fn idempotency_key() -> Value {
    json!({
        "name": "Idempotency-Key",
        "in": "header",
        "description": "Names this request, with or without quotation marks. Sent again within 24 \
            hours with the same key and body, it has no second effect, and is answered the same.",
        // Not what is allowed in quotation marks besides: that is for programs to make.
        "schema": { "type": "string", "pattern": "^[A-Za-z0-9_-]{1,255}$" },
        "example": "8e03978e-40d5-43dd-bc93-6894a57f9324",
    })
}

fn in_path(name: &'static str) -> Value {
    let text = || json!({ "type": "string", "minLength": 1 });
    let (description, example, schema) = match name {
        "domain" => (
            "The domain's name, in A-labels or in Unicode.",
            "maplehomes.com",
            text(),
        ),
        "client" => (
            "The client, as the identity provider names it: letters, digits and `-_.` as they are, every \
             other character as `~` and its code in two hexadecimal digits, such as `~2F` for `/`.",
            "maple-homes",
            json!({ "type": "string", "minLength": 1, "maxLength": 384 }),
        ),
        "address" => (
            "The address, percent-encoded.",
            "sales@maplehomes.com",
            text(),
        ),
        other => panic!("the parameter {other} is not described"),
    };
    json!({
        "name": name,
        "in": "path",
        "required": true,
        "description": description,
        "schema": schema,
        "example": example,
    })
}

fn query(name: &str, description: &str, schema: &Value) -> Value {
    json!({ "name": name, "in": "query", "description": description, "schema": schema })
}

fn paging() -> Vec<Value> {
    vec![
        query(
            "limit",
            "The most entries of the page.",
            &json!({ "type": "integer", "minimum": 1, "maximum": 100, "default": 50 }),
        ),
        query(
            "cursor",
            "The `next_cursor` of the page before, of this same list.",
            &json!({ "type": "string", "minLength": 1 }),
        ),
    ]
}

/// The Request Body Object.
pub(super) fn body(operation: Operation, schemas: &mut Schemas) -> Option<Value> {
    let (schema, example) = match operation {
        Operation::AddDomain => (
            schemas.read::<AddDomainBody>(),
            json!({
                "domain": "maplehomes.com",
                "community": "Maple Ridge",
                "contact_email": "jo.miller@maplehomes.com",
            }),
        ),
        Operation::AdoptIdentity => (
            schemas.read::<AdoptIdentityBody>(),
            json!({ "reason": "Made by hand for this client in 2024, before it could add domains." }),
        ),
        Operation::RejectDomain => (
            schemas.read::<RejectDomainBody>(),
            json!({ "reason": "This is the domain of another builder. Please add your own." }),
        ),
        Operation::NotifyReady => (
            schemas.read::<NotifyReadyBody>(),
            json!({ "note": "All records are in since this morning." }),
        ),
        Operation::ReleaseDomain => (
            schemas.read::<ReleaseDomainBody>(),
            json!({
                "decision": "grant",
                "reason": "The domain was sold to another builder, who has proven it.",
            }),
        ),
        Operation::SendInstructions => (
            schemas.read::<InstructionsBody>(),
            json!({
                "email": "dns@it-partner.example",
                "note": "Hello Sam, please add these this week. Thanks, Jo",
            }),
        ),
        Operation::SetClientLimits => (
            schemas.read::<LimitsBody>(),
            json!({
                "max_domains": 1200,
                "max_domains_added_per_day": 300,
                "reason": "Moves all its communities to Lasso this week.",
            }),
        ),
        Operation::ListDomains
        | Operation::GetDomain
        | Operation::GetRecords
        | Operation::GetHistory
        | Operation::CheckDomain
        | Operation::RestartDomain
        | Operation::RemoveDomain
        | Operation::GetSender
        | Operation::ListQueue
        | Operation::GetClientDomain
        | Operation::GetClientHistory
        | Operation::CompleteDomain
        | Operation::RecheckDomain
        | Operation::GetClientLimits
        | Operation::DescribeApi => return None,
    };
    Some(json!({
        "required": operation != Operation::NotifyReady,
        "content": { "application/json": { "schema": schema, "example": example } },
    }))
}
