//! A sample DNS look.

use serde_json::{Value, json};

/// The records in a DNS look, with those in `open` missing or wrong.
pub(super) fn records(open: &[&str]) -> Value {
    let token = |n: u8| format!("{}{n}wq4pz7nx2m5vk3tjhy6r8bs", "ab3cd5ef");
    let dkim = |n: u8| {
        let name = format!("{}._domainkey.mail.maplehomes.com", token(n));
        (
            format!("dkim-{n}"),
            "CNAME",
            name,
            format!("{}.dkim.amazonses.com", token(n)),
            "recommended",
        )
    };
    let all = [
        (
            "verification".to_owned(),
            "TXT",
            "_amazonses.mail.maplehomes.com".to_owned(),
            "pmBGN/7MjnfhTKUZ06Enqq1PeGUaOkw8lGhcfwefcHU=".to_owned(),
            "required",
        ),
        dkim(1),
        dkim(2),
        dkim(3),
    ];
    let shown = all.into_iter().map(|(id, kind, name, value, requirement)| {
        let is_open = open.contains(&id.as_str());
        let (state, code, message, fix, fix_value) = if !is_open {
            (
                "found",
                Value::Null,
                "Published.".to_owned(),
                Value::Null,
                Value::Null,
            )
        } else if kind == "TXT" {
            (
                "wrong",
                json!("host_doubled"),
                format!("The record is at {name}.maplehomes.com: the DNS panel added the domain a second time."),
                json!("Change the host of this record to _amazonses.mail, without maplehomes.com after it."),
                json!("_amazonses.mail"),
            )
        } else {
            (
                "missing",
                json!("not_found"),
                format!("Nothing is published at {name}."),
                json!(format!("Add a CNAME record for {name}.")),
                Value::Null,
            )
        };
        json!({
            "id": id, "state": state, "code": code, "message": message, "fix": fix, "fix_value": fix_value,
            "record": { "type": kind, "name": name, "value": value, "requirement": requirement },
        })
    });
    shown.collect()
}
