//! The hand-off formats in the programs that they are for: BIND loads the zone file; Terraform
//! finds nothing to reformat, and validates the resources if its AWS provider is available offline.
//! If a program is not installed, its test prints that and passes, unless `HANDOFF_TOOLS` names the
//! program.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use dns_diagnosis::dns::{Data, Observation, Outcome, Question, RecordType, Zone};
use dns_diagnosis::handoff::{Handoff, HandoffFormat, render};
use dns_diagnosis::identity::{Dkim, DkimToken, MailFromLabel, SesIdentity, VerificationToken};
use dns_diagnosis::names::{ClientId, DomainName};
use dns_diagnosis::records::{Record, RecordData, RecordId, records_of};

fn document(format: HandoffFormat) -> String {
    document_beside(format, &[])
}

/// The document where other services have published texts: long ones beside our token, and a policy.
fn document_among_others(format: HandoffFormat) -> String {
    let texts = |name: &str, texts: &[String]| Observation {
        question: Question {
            name: name.to_owned(),
            record_type: RecordType::Txt,
        },
        authoritative: Vec::new(),
        zone: None,
        recursive: Outcome::Found {
            data: texts
                .iter()
                .map(|text| Data::Txt { text: text.clone() })
                .collect(),
            ttl: 300,
        },
    };
    let long = format!("{}\"\\\\;${{a}}%{{b}}\\195\\169", "0123456789".repeat(60));
    let policy = "v=DMARC1; p=reject".to_owned();
    document_beside(
        format,
        &[
            texts(
                "_amazonses.mail.example.com",
                &["other=value".to_owned(), long],
            ),
            texts("_dmarc.mail.example.com", &[policy]),
        ],
    )
}

fn document_beside(format: HandoffFormat, observations: &[Observation]) -> String {
    let token = |text| DkimToken::parse(text).expect("it is a label");
    let identity = SesIdentity {
        verification_token: Some(
            VerificationToken::parse("QTKk+/gFg2J4mnopQRSTuvwx0123456789abcdefghI=")
                .expect("it is a token"),
        ),
        dkim: Some(Dkim {
            tokens: [token("tokenone"), token("tokentwo"), token("tokenthree")],
            signing_hosted_zone: "dkim.amazonses.com".to_owned(),
        }),
        mail_from: Some(MailFromLabel::default_label()),
        region: "us-east-1".to_owned(),
        adopted: None,
    };
    let domain = DomainName::parse("mail.example.com").expect("it is a domain");
    let zone = Zone {
        apex: "example.com".to_owned(),
        name_servers: vec!["ns1.dns.example".to_owned()],
    };
    let mut records = records_of(&domain, &identity);
    records.push(long_text(&records[0]));
    let client = ClientId::parse("maple-homes").expect("it is a client");
    let handoff = Handoff {
        domain: &domain,
        zone: Some(&zone),
        records: &records,
        observations,
        client: &client,
    };
    render(format, &handoff).expect("it renders").body
}

/// A text of more than one character-string, with everything that has to be escaped.
fn long_text(like: &Record) -> Record {
    Record {
        id: RecordId::Ownership,
        name: "long.mail.example.com".to_owned(),
        data: RecordData::Txt {
            text: format!("{}\"\\;${{a}}%{{b}}", "0123456789".repeat(60)),
        },
        ..like.clone()
    }
}

/// Runs a program with `input`; nothing if it is not installed.
#[expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "what is tested depends on the machine, and the test says so"
)]
fn run(program: &str, arguments: &[&str], input: &str) -> Option<Output> {
    let child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        let required = std::env::var("HANDOFF_TOOLS").unwrap_or_default();
        assert!(
            !required.split(' ').any(|required| required == program),
            "{program} is not installed"
        );
        println!("not tested: {program} is not installed");
        return None;
    };
    // A program that does not read all of it says so by its exit code.
    let mut stdin = child.stdin.take().expect("it was piped");
    let written = stdin.write_all(input.as_bytes());
    drop(stdin);
    let output = child.wait_with_output().expect("it was started");
    assert!(written.is_ok() || !output.status.success());
    Some(output)
}

#[test]
fn bind_loads_the_zone_file_appended_to_another() {
    // Without a line break at its end, as files are.
    let existing = "$TTL 3600\n$ORIGIN example.com.\n\
        @ IN SOA ns1 hostmaster 1 7200 900 1209600 300\n@ IN NS ns1\nns1 IN A 192.0.2.1";
    let zone = format!("{existing}{}", document(HandoffFormat::Zone));
    // Reads the zone from standard input and writes it in its canonical form.
    let arguments = ["-q", "-D", "-i", "local", "example.com", "/dev/stdin"];
    let Some(output) = run("named-checkzone", &arguments, &zone) else {
        return;
    };
    let (loaded, errors) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{loaded}{errors}\n{zone}");
    for expected in [
        "_amazonses.mail.example.com.\t\t      300 IN TXT\t\"QTKk",
        "tokenone._domainkey.mail.example.com. 300 IN CNAME\ttokenone.dkim.amazonses.com.",
        "bounce.mail.example.com.\t\t      300 IN MX\t10 feedback-smtp.us-east-1.amazonses.com.",
        "bounce.mail.example.com.\t\t      300 IN TXT\t\"v=spf1 include:amazonses.com ~all\"",
    ] {
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            words(&loaded).contains(&words(expected)),
            "{expected}\n{loaded}"
        );
    }
}

#[test]
fn terraform_finds_nothing_to_reformat() {
    for file in [
        document(HandoffFormat::Terraform),
        document_among_others(HandoffFormat::Terraform),
    ] {
        let Some(output) = run(
            "terraform",
            &["fmt", "-check", "-diff", "-no-color", "-"],
            &file,
        ) else {
            return;
        };
        assert!(
            output.status.success(),
            "{}{}\n{file}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

/// Needs the directory with the unpacked AWS provider in `TERRAFORM_PLUGIN_DIR`.
#[test]
fn terraform_validates_the_resources() {
    let Some(plugins) = std::env::var_os("TERRAFORM_PLUGIN_DIR") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("main.tf"),
        document_among_others(HandoffFormat::Terraform),
    )
    .unwrap();
    let chdir = format!("-chdir={}", folder.path().display());
    let plugins = format!("-plugin-dir={}", plugins.to_string_lossy());
    for arguments in [
        &[
            chdir.as_str(),
            "init",
            "-backend=false",
            "-no-color",
            &plugins,
        ][..],
        &[chdir.as_str(), "validate", "-no-color"][..],
    ] {
        let output = run("terraform", arguments, "").unwrap();
        assert!(
            output.status.success(),
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
