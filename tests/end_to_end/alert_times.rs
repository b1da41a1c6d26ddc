//! The time from the change of a domain to the email about it. The times are printed; the
//! assertions leave room for a machine with other work.

use std::io::Write;
use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::Suite;
use crate::world::{Shared, answer_to, text};

const CHANGES: usize = 30;

/// The documented median on a machine without other work is 5 s.
const GENEROUS: Duration = Duration::from_mins(1);

pub(crate) fn tests(suite: &mut Suite) {
    suite.alone(
        "the_email_about_a_change_comes_within_seconds_of_it",
        within_seconds,
    );
}

async fn within_seconds(world: Shared) {
    let mut domains = Vec::new();
    for _ in 0..CHANGES {
        let domain = world.fresh_domain();
        let contact = format!("kim@{domain}");
        let body = json!({ "domain": domain, "contact_email": contact }).to_string();
        let added = world.post_domains(world.client_admin(), body).await.body;
        world.publish(&domain, &added, &["verification"]);
        domains.push((domain, contact));
    }
    for (domain, _) in &domains {
        world.poll_until(domain, "verified").await;
    }
    let client = &world.info.clients.client_admin;
    let mut times = Vec::new();
    for (domain, contact) in &domains {
        let path = format!("/staff/clients/{client}/domains/{domain}/complete");
        let request = world.request(Method::POST, &path, Some(world.support()));
        let begun = Instant::now();
        let answer = answer_to(request).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        let emailed = async || {
            let emails = world.emails().await;
            emails.iter().any(|email| {
                email["To"] == json!([contact]) && text(&email["Subject"]).contains(&**domain)
            })
        };
        while !emailed().await {
            assert!(begun.elapsed() < Duration::from_mins(8), "{domain}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        times.push(begun.elapsed());
    }
    times.sort();
    let median = times[times.len() / 2];
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "from {CHANGES} changes to their emails: median {:.1} s, nine in ten {:.1} s, longest {:.1} s",
        median.as_secs_f64(),
        times[times.len() * 9 / 10].as_secs_f64(),
        times[times.len() - 1].as_secs_f64(),
    )
    .expect("a line");
    assert!(median < GENEROUS, "{median:?}");
}
