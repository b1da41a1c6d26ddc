//! Events that are rarer, or come in another state than usual.

use serde_json::{Value, json};

/// The members by which each differs from the usual sample.
pub(super) fn rarer() -> [(&'static str, Value); 10] {
    let asks = "This is our new name, and it is spelled as we want it.";
    [
        (
            "ready-verified",
            json!({
                "event_type": "domain.ready", "previous_status": "verified", "status": "verified",
                "state_since": "2026-06-02T08:00:00Z", "ready_at": "2026-06-02T14:03:00Z",
                "summary": "The client says that it is ready for the final step.",
                "wanted": "Complete the final step, or reject with a reason.", "note": "All is done.\nThanks, Kim",
                "note_by": "Dana Lee, Lasso support", "ready_by": "Dana Lee, Lasso support",
            }),
        ),
        (
            "ready-failed",
            json!({
                "event_type": "domain.ready", "previous_status": "failed", "status": "failed",
                "state_since": "2026-06-02T08:00:00Z", "ready_at": "2026-06-02T14:03:00Z",
                "summary": "The client asks about the name, which Amazon SES has refused.",
                "wanted": "Look at the name, and tell the client what it can do.", "note": asks,
            }),
        ),
        (
            "stuck-contested",
            json!({
                "event_type": "domain.stuck", "previous_status": "contested", "status": "contested",
                "state_since": "2026-05-30T12:00:00Z",
                "summary": "The claim was proven on 2026-05-30T12:00:00Z, and has waited for Lasso support since.",
                "wanted": "Decide who has the domain: end the claim of the other client, or grant the claimant's.",
                "other_sides": [holder()],
            }),
        ),
        (
            "contested-without-room",
            json!({
                "event_type": "domain.contested", "severity": "action", "previous_status": "contested",
                "status": "contested", "state_since": "2026-05-30T12:00:00Z",
                "summary": "maple-homes has proven that mail.maplehomes.com is its own, but the limit of names under \
                    maplehomes.com is reached.",
                "wanted": "Release names below it that are no longer used; the claimant then gets the domain.",
            }),
        ),
        (
            "challenged",
            json!({
                "event_type": "domain.contested", "severity": "info", "previous_status": "authenticated",
                "status": "authenticated", "state_since": "2026-05-01T12:00:00Z",
                "summary": "Another client has proven that this domain, or one above or below it, is its own. Lasso \
                    support decides. Nothing has changed so far.",
            }),
        ),
        (
            "ready-provisioning",
            json!({
                "event_type": "domain.ready", "previous_status": "provisioning", "status": "provisioning",
                "state_since": "2026-06-02T08:00:00Z", "ready_at": "2026-06-02T14:03:00Z",
                "ready_by": "Kim Maple",
                "summary": "The client says that it is ready for the final step.",
                "wanted": "Help the client with what is missing. The final step opens when Amazon SES has verified \
                    the domain.",
                "missing": [{
                    "record": null, "requirement": "required",
                    "message": "The domain is still being registered with Amazon SES.",
                }],
            }),
        ),
        (
            "stuck-contested-without-holder",
            json!({
                "event_type": "domain.stuck", "previous_status": "contested", "status": "contested",
                "state_since": "2026-05-30T12:00:00Z",
                "summary": "The claim was proven on 2026-05-30T12:00:00Z, and has waited for Lasso support since.",
                "wanted": "Release names below it that are no longer used; the claimant then gets the domain.",
            }),
        ),
        (
            "removed-by-support-waiting",
            json!({
                "event_type": "domain.removed", "severity": "warning", "previous_status": "pending",
                "status": "removing", "summary": "Lasso support removed this domain on your behalf.",
            }),
        ),
        (
            "displaced-waiting",
            json!({
                "event_type": "domain.displaced", "severity": "warning",
                "previous_status": "pending", "status": "contested", "deadline": "2026-06-16T14:03:00Z",
                "summary": "Another client has proven that mail.maplehomes.com is its own.",
                "wanted": "Tell the client what happened, and that its domain's page shows the ownership record.",
            }),
        ),
        (
            "expiring-claim",
            json!({
                "event_type": "domain.expiring", "severity": "info", "previous_status": "contested",
                "status": "contested", "state_since": "2026-05-21T12:00:00Z", "deadline": "2026-06-04T12:00:00Z",
                "summary": "The ownership record has not been found yet. The claim ends on 4 June 2026, 12:00 UTC.",
            }),
        ),
    ]
}

/// The other client of a contested domain.
fn holder() -> Value {
    json!({
        "client": "cedar-homes", "domain": "mail.maplehomes.com", "status": "authenticated",
        "state_since": "2025-11-20T08:00:00Z", "contact_email": "it@cedarhomes.net",
        "path": "/staff/clients/cedar-homes/domains/mail.maplehomes.com",
    })
}
