//! Which events share an email.

use crate::audience::{Audience, EmailId};
use crate::event::{Event, EventType};
use crate::mail_limits::{CONTACT_EMAILS_PER_DAY, CONTACT_EMAILS_PER_DAY_OF_ALL, Mailbox};
use crate::names::{ClientId, EmailAddress};
use crate::ports::{LISTED_AT_ONCE, MailTo};

/// From this many events of one type at the same time on, they are one list, whatever the type.
const LIKE_A_LIST: usize = 6;

/// The maximum number of events in one email. With more of them it has more than the 100 KB of HTML that large mailbox
/// providers show.
const LONGEST_LIST: usize = 30;

/// The most octets of HTML that the texts of the listed events may have in one email, for the same reason.
const LONGEST_TEXTS: usize = 25_000;

const _: () = assert!(LONGEST_LIST <= LISTED_AT_ONCE);

/// The same number for types that people read as a list anyway.
const A_LIST: usize = 2;

/// Fewer events than this beyond the limit per minute wait once for the end of the minute, so that
/// one email can list more of them.
const GATHERED: usize = 10;

/// An event for an audience.
#[derive(Debug, Clone)]
pub struct Item<'a> {
    pub(super) event: &'a Event,
    pub(super) audience: Audience,
    pub(super) to: MailTo,
    pub(super) may_wait: bool,
    pub(super) carried: bool,
}

impl<'a> Item<'a> {
    /// An event for an audience; `None` if the audience is not told of it. `may_wait`: whether it
    /// may wait for the end of the minute, because it has not waited before.
    pub fn of(event: &'a Event, audience: Audience, may_wait: bool) -> Option<Self> {
        if !audience.is_told_of(event) {
            return None;
        }
        let to = match audience {
            Audience::Support => MailTo::Support,
            Audience::Client => MailTo::Contact(event.contact_email.clone()?),
        };
        Some(Self {
            event,
            audience,
            to,
            may_wait,
            carried: false,
        })
    }

    /// An event that is delivered on a later day, because its contact's daily limit was reached.
    #[must_use]
    pub fn carried(self) -> Self {
        Self {
            carried: true,
            ..self
        }
    }

    /// Whether it is delivered on a later day.
    pub fn is_carried(&self) -> bool {
        self.carried
    }

    /// The event.
    pub fn event(&self) -> &'a Event {
        self.event
    }

    /// Who is told.
    pub fn audience(&self) -> Audience {
        self.audience
    }

    pub(super) fn id(&self) -> EmailId {
        EmailId {
            event_id: self.event.event_id,
            audience: self.audience,
        }
    }

    pub(super) fn mailbox(&self) -> Mailbox {
        match &self.to {
            MailTo::Support => Mailbox::Support,
            MailTo::Contact(contact) => Mailbox::of(contact),
        }
    }

    /// The counts of the day with their limits: of this client's emails to the contact, and of all clients'.
    pub(super) fn counted_on_a_day(&self) -> Vec<(Mailbox, u32)> {
        match &self.to {
            MailTo::Support => Vec::new(),
            MailTo::Contact(contact) => vec![
                (
                    Mailbox::of_client(&self.event.client, contact),
                    CONTACT_EMAILS_PER_DAY,
                ),
                (Mailbox::of(contact), CONTACT_EMAILS_PER_DAY_OF_ALL),
            ],
        }
    }

    /// The common key of the events of one email. A contact of two clients gets an email about
    /// each. Not its [`Mailbox`]: two addresses that are counted as one may be of two people.
    fn reader(&self) -> (&MailTo, Option<&ClientId>) {
        let client = match self.audience {
            Audience::Support => None,
            Audience::Client => Some(&self.event.client),
        };
        (&self.to, client)
    }
}

/// The positions of items by their reader, both in the order in which they came.
pub(super) fn by_reader(items: &[Item<'_>], which: &[usize]) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for at in which {
        let reader = items[*at].reader();
        let group = groups
            .iter_mut()
            .find(|group| items[group[0]].reader() == reader);
        match group {
            Some(group) => group.push(*at),
            None => groups.push(vec![*at]),
        }
    }
    groups
}

/// The items in lists that one email has room for.
pub(super) fn of_length(items: &[Item<'_>], which: &[usize]) -> Vec<Vec<usize>> {
    let mut lists: Vec<Vec<usize>> = Vec::new();
    let mut octets = 0;
    for at in which {
        let of_event = octets_of_texts(items[*at].event);
        octets += of_event;
        match lists.last_mut() {
            Some(list) if list.len() < LONGEST_LIST && octets <= LONGEST_TEXTS => list.push(*at),
            Some(_) | None => {
                octets = of_event;
                lists.push(vec![*at]);
            }
        }
    }
    lists
}

/// About how many octets of HTML the texts of an event have in a list: each text that differs in length from event
/// to event, as often as a row has it. The rest of a row is counted by [`LONGEST_LIST`].
fn octets_of_texts(event: &Event) -> usize {
    /// The words around the names of another client.
    const AROUND_A_SIDE: usize = 100;
    /// A row names the domain, and its page, which is a link with the same text.
    const NAMES: usize = 4;
    let name = event.domain.as_str().len();
    let of_client = [
        Some(event.client.as_str()),
        event.note.as_deref(),
        event.note_by.as_deref(),
        event.ready_by.as_deref(),
        event.wanted.as_deref(),
    ];
    let texts = of_client
        .into_iter()
        .flatten()
        .chain([event.summary.as_str()]);
    let missing = event.missing.iter().map(|piece| piece.message.as_str());
    let sides = event.other_sides.iter().map(|side| {
        let client = side.client.as_str().len();
        AROUND_A_SIDE + client + side.domain.as_str().len() + length_of(side.contact_email.as_ref())
    });
    let texts: usize = texts.chain(missing).map(octets_in_html).sum();
    NAMES * name + texts + length_of(event.contact_email.as_ref()) + sides.sum::<usize>()
}

fn length_of(address: Option<&EmailAddress>) -> usize {
    address.map_or(0, |address| address.as_str().len())
}

/// The octets of a text in HTML, in which a sign of its own has up to six: `&quot;`.
fn octets_in_html(text: &str) -> usize {
    let of_char = |c: char| {
        if matches!(c, '&' | '<' | '>' | '"' | '\'') {
            6
        } else {
            c.len_utf8()
        }
    };
    text.chars().map(of_char).sum()
}

/// The lists among the items of one reader, each short enough for one email, and what is no list. What was
/// carried over from another day is one list of all types.
pub(super) fn into_lists(items: &[Item<'_>], which: Vec<usize>) -> (Vec<Vec<usize>>, Vec<usize>) {
    let is_carried = |at: &usize| items[*at].carried;
    let (mut carried, mut singles): (Vec<usize>, Vec<usize>) =
        which.into_iter().partition(is_carried);
    carried.sort_by_key(|at| items[*at].event.occurred_at);
    let mut lists = of_length(items, &carried);
    for event_type in EventType::ALL {
        let of_type = |at: &usize| items[*at].event.event_type == event_type;
        let count = singles.iter().filter(|at| of_type(at)).count();
        let enough = if is_read_as_a_list(event_type) {
            A_LIST
        } else {
            LIKE_A_LIST
        };
        if count >= enough {
            let (mut list, others): (Vec<usize>, Vec<usize>) =
                singles.into_iter().partition(of_type);
            list.sort_by_key(|at| items[*at].event.occurred_at);
            lists.extend(of_length(items, &list));
            singles = others;
        }
    }
    (lists, singles)
}

/// Whether people read events of this type as a list. An event about stopped mail is never in a
/// list; it is not sorted here.
fn is_read_as_a_list(event_type: EventType) -> bool {
    match event_type {
        EventType::Failed | EventType::Stuck => true,
        EventType::Added | EventType::RecordsReady | EventType::Contested => false,
        EventType::Displaced | EventType::Ready | EventType::Verified => false,
        EventType::Authenticated | EventType::AtRisk | EventType::Recovered => false,
        EventType::Rejected | EventType::Expiring | EventType::Removed => false,
    }
}

/// Whether events beyond the limit wait for the end of the minute. A single one always does: a list of one event
/// would be one more email about a single event.
pub(super) fn is_to_wait(items: &[Item<'_>], above: &[usize]) -> bool {
    match above.len() {
        0 => false,
        1 => true,
        count => count < GATHERED && above.iter().all(|at| items[*at].may_wait),
    }
}
