use super::*;
use crate::diagnosis::RecordState;
use crate::dns::{Data, Outcome, Question, RecordType, Zone};
use crate::records::RecordId;

fn observation(name: &str, texts: usize, ttl: u32) -> Observation {
    let text = |n| Data::Txt {
        text: format!("v{n:04}"),
    };
    Observation {
        question: Question {
            name: name.to_owned(),
            record_type: RecordType::Txt,
        },
        authoritative: Vec::new(),
        zone: None,
        recursive: Outcome::Found {
            data: (0..texts).map(text).collect(),
            ttl,
        },
    }
}

fn look(observations: Vec<Observation>) -> DnsLook {
    let record = |id| RecordDiagnosis {
        id,
        state: RecordState::Wrong,
        code: None,
        message: "\u{1}".repeat(5_000),
        expected: "token".to_owned(),
        observed: vec!["\"".repeat(9_000); 6],
        fix: Some(Fix {
            text: "Do it.".to_owned(),
            field: None,
            value: None,
        }),
        wait_minutes: None,
        also: Vec::new(),
    };
    DnsLook {
        zone: ZoneOutcome::Found(Zone {
            apex: "example.com".to_owned(),
            name_servers: vec!["\\001".repeat(250); 16],
        }),
        diagnosis: Diagnosis {
            records: [RecordId::Verification, RecordId::Dkim1, RecordId::Dmarc]
                .map(record)
                .into(),
            domain: Vec::new(),
            dmarc: DmarcDiscovery::Unknown,
            dmarc_above: Vec::new(),
        },
        observations,
        left_out: 0,
    }
}

#[test]
fn a_look_that_fits_is_stored_completely() {
    let mut small = look(vec![observation("a.example.com", 3, 300)]);
    for record in &mut small.diagnosis.records {
        record.message = "Short.".to_owned();
        record.observed.clear();
    }
    assert_eq!(small.clone().bounded(), small);
    let text = serde_json::to_string(&small).unwrap();
    assert!(!text.contains("left_out"), "{text}");
}

#[test]
fn a_look_that_is_too_large_keeps_states_and_fixes() {
    // Each of these takes about 5 KB; there is one more than is kept. Together they take 95 KB.
    let mut observations = vec![observation("huge.example.com", 1_000, 300)];
    observations.extend((0..19).map(|n| observation(&format!("n{n}.example.com"), 160, 300)));
    let whole = look(observations);
    let bounded = whole.clone().bounded();
    let text = serde_json::to_vec(&bounded).unwrap();
    assert!(text.len() <= MAX_LOOK, "{}", text.len());
    assert!(text.len() > MAX_LOOK - 6 * 1024, "{}", text.len());
    for (kept, of) in bounded
        .diagnosis
        .records
        .iter()
        .zip(&whole.diagnosis.records)
    {
        assert_eq!((kept.id, kept.state, &kept.fix), (of.id, of.state, &of.fix));
        assert!(kept.message.ends_with('…'));
    }
    let stored = bounded.observations.len();
    assert!((3..19).contains(&stored), "{stored}");
    assert_eq!(bounded.observations[..], whole.observations[1..=stored]);
    assert_eq!(bounded.left_out, 20 - stored);
    assert_eq!(bounded.clone().bounded(), bounded, "once is enough");
}

#[test]
fn ttls_change_neither_the_digest_nor_what_is_left_out() {
    let at = |ttl| {
        let observations = (0..19).map(|n| observation(&format!("n{n}.example.com"), 160, ttl));
        look(observations.collect()).bounded()
    };
    let (short, long) = (at(1), at(u32::MAX));
    assert_eq!(short.digest(), long.digest());
    assert_eq!(short.left_out, long.left_out);
    assert!(serde_json::to_vec(&long).unwrap().len() <= MAX_LOOK);
}

#[test]
fn a_text_is_cut_by_its_size_in_json() {
    for text in ["x", "\u{1}", "\"", "ü", "\u{1f600}"] {
        let clipped = clipped(text.repeat(5_000));
        let octets = length(&clipped);
        assert!((MAX_TEXT - 8..=MAX_TEXT).contains(&octets), "{octets}");
    }
    assert_eq!(clipped("x".repeat(1_000)), "x".repeat(1_000));
}
