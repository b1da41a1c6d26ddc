//! The guide that a person at the terminal reads when the stack is ready: the way from an empty
//! stack to an email to Lasso support, in lines to paste.

use std::fmt::Write as _;

use crate::{StackInfo, zones};

const POLLER: &str = "verification-poller";

/// The guide to a running stack.
pub fn guide(info: &StackInfo) -> String {
    let domain = zones::EXAMPLE;
    let zone = zones::file(&info.zones_dir, domain).display().to_string();
    let another = zones::file(&info.zones_dir, "cedarhomes.com")
        .display()
        .to_string();
    let folder = info.zones_dir.parent().unwrap_or(&info.zones_dir);
    let env = folder.join("env").display().to_string();
    let tokens = tokens(info);
    let (admin, support) = (&info.users.client_admin, &info.users.support);
    let StackInfo {
        console_url,
        api_url,
        aws_endpoint_url,
        dns_server,
        dns_control_url,
        ses_gate_url,
        emails_url,
        ..
    } = info;
    format!(
        r#"
Ready. Open {console_url}
  Client Administrator of maple-homes: {admin_name} / {admin_password}
  Lasso support:                       {support_name} / {support_password}
  The API is at {api_url}
  Every email with sample data: {emails_url}
  AWS {aws_endpoint_url} (test/test)   DNS {dns_server}   SES gate {ses_gate_url}
  Faults of SES and of name servers: POST /control at the SES gate and at {dns_control_url}
  {folder}: stack.json, zones/, emulator.log (what the functions print)

Tokens, valid for a day; the next line sets these variables:
{tokens}
From nothing to an email to Lasso support. In another terminal:

  . '{env}'

  # The Client Administrator of maple-homes adds a domain, and gets the records to publish.
  curl -s "$API_URL/domains" -H "authorization: Bearer $CLIENT_ADMIN" -H 'content-type: application/json' -d '{{"domain": "{domain}", "community": "Maple Ridge", "contact_email": "it@{domain}"}}' | python3 -m json.tool

  # Their email administrator publishes them, in {zone}
  curl -s "$API_URL/domains/{domain}/records?format=zone" -H "authorization: Bearer $CLIENT_ADMIN" >> "$ZONES/{domain}.zone"

  # The Client Administrator looks whether they are right. (Try it before, or break one: every record says what is wrong.)
  curl -s -X POST "$API_URL/domains/{domain}/check" -H "authorization: Bearer $CLIENT_ADMIN" | python3 -m json.tool

  # SES sees them, and the poller sees that: it runs every minute. Or run it now:
  curl -s "$AWS_URL/2015-03-31/functions/$POLLER/invocations" --aws-sigv4 aws:amz:us-east-1:lambda -u test:test -d '{{}}' -w '\n'

  # The domain is verified, and Lasso support has mail.
  curl -s "$API_URL/domains/{domain}" -H "authorization: Bearer $CLIENT_ADMIN" | python3 -m json.tool
  curl -s "$MAILBOX_URL" | python3 -m json.tool

For another domain make its zone, which may be empty: touch '{another}'
Ctrl-C stops everything.
"#,
        folder = folder.display(),
        admin_name = admin.username,
        admin_password = admin.password,
        support_name = support.username,
        support_password = support.password,
    )
}

/// The names and tokens of the guide, for a shell to source.
pub(crate) fn shell_variables(info: &StackInfo) -> String {
    let mut text = String::new();
    for (name, value) in [
        ("API_URL", info.api_url.as_str()),
        ("AWS_URL", info.aws_endpoint_url.as_str()),
        ("MAILBOX_URL", info.mailbox_url.as_str()),
        ("SES_GATE_URL", info.ses_gate_url.as_str()),
        ("DNS_CONTROL_URL", info.dns_control_url.as_str()),
        ("ZONES", &info.zones_dir.display().to_string()),
        (
            "POLLER",
            info.functions.get(POLLER).map_or("", String::as_str),
        ),
    ] {
        line(&mut text, name, value);
    }
    text + &tokens(info)
}

fn tokens(info: &StackInfo) -> String {
    let tokens = &info.tokens;
    let mut text = String::new();
    for (name, token) in [
        ("CLIENT_ADMIN", &tokens.client_admin),
        ("OTHER_CLIENT_ADMIN", &tokens.other_client_admin),
        ("SUPPORT", &tokens.support),
        ("MASS_MAIL", &tokens.mass_mail),
        ("NO_ROLE", &tokens.no_role),
    ] {
        line(&mut text, name, token);
    }
    text
}

fn line(text: &mut String, name: &str, value: &str) {
    let quoted = value.replace('\'', r"'\''");
    // Writing to a `String` does not fail.
    writeln!(text, "export {name}='{quoted}'").ok();
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{Clients, Tokens, Users};

    fn info() -> StackInfo {
        let text = |text: &str| text.to_owned();
        StackInfo {
            api_url: text("http://127.0.0.1:4566/_aws/execute-api/ab12"),
            aws_endpoint_url: text("http://127.0.0.1:4566"),
            region: text("us-east-1"),
            dns_server: text("127.0.0.1:5353"),
            dns_control_url: text("http://127.0.0.1:4002"),
            zones_dir: "/a folder/it's/zones".into(),
            ses_gate_url: text("http://127.0.0.1:4001"),
            mailbox_url: text("http://127.0.0.1:4566/_ministack/ses/messages"),
            support_email: text("support@lasso.example"),
            sender_email: text("notifications@lasso.example"),
            tokens: Tokens {
                client_admin: text("one"),
                other_client_admin: text("two"),
                support: text("three"),
                mass_mail: text("five"),
                no_role: text("four"),
            },
            clients: Clients::default(),
            table: text("table"),
            topic_arn: text("topic"),
            functions: BTreeMap::from([(text(POLLER), text("the-poller"))]),
            stack_name: text("stack"),
            alert_queue_url: text("alerts"),
            alert_dead_letter_queue_url: text("dead alerts"),
            first_alert_dead_letter_queue_url: text("dead first alerts"),
            dead_letter_queue_url: text("queue"),
            log_file: "/log".into(),
            console_url: text("http://127.0.0.1:4580"),
            emails_url: text("http://127.0.0.1:4003"),
            users: Users::with_password("secret"),
        }
    }

    #[test]
    fn every_variable_that_the_guide_uses_is_set() {
        let (info, variables) = (info(), shell_variables(&info()));
        let guide = guide(&info);
        let used: Vec<&str> = guide
            .split('$')
            .skip(1)
            .filter_map(|rest| {
                rest.split(|c: char| !c.is_ascii_uppercase() && c != '_')
                    .next()
            })
            .collect();
        assert!(used.contains(&"API_URL"));
        for name in used {
            assert!(variables.contains(&format!("export {name}='")), "{name}");
        }
    }

    #[test]
    fn the_shell_variables_keep_spaces_and_quotes() {
        let script = shell_variables(&info()) + "printf %s \"$ZONES\"";
        let output = std::process::Command::new("sh")
            .arg("-c")
            .arg(script)
            .output()
            .unwrap();
        assert_eq!(output.stdout, b"/a folder/it's/zones");
    }
}
