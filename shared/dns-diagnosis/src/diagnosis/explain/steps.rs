//! The order of an instruction: what to ask whom, what to do, what takes effect, and last the value.

use super::show::listed;

/// What a person has to ask before anything is changed, because it is not theirs or ours to decide.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Questions {
    /// What may happen, after "may".
    may: Vec<String>,
    /// Values of other services, whose right place is not known.
    homeless: Vec<String>,
}

impl Questions {
    pub(super) fn is_empty(&self) -> bool {
        self.may.is_empty() && self.homeless.is_empty()
    }

    /// Asks whether something may happen: `what` follows "may".
    pub(super) fn may(&mut self, what: String) {
        if !self.may.contains(&what) {
            self.may.push(what);
        }
    }

    /// Asks whether parts of a record may be left out.
    pub(super) fn may_leave_out(&mut self, parts: &[String], kind: &str) {
        if !parts.is_empty() {
            self.may(format!(
                "{} be left out of the {kind} record",
                listed(parts)
            ));
        }
    }

    /// Asks where values belong that a record loses.
    pub(super) fn where_belong(&mut self, values: impl IntoIterator<Item = String>) {
        self.homeless.extend(values);
    }

    /// `order` behind the questions, if there are any. `order` begins with a capital letter.
    pub(super) fn before(&self, order: &str) -> String {
        let may = format!("May {}?", self.may.join(", and may "));
        let is_one = self.homeless.len() == 1;
        let homeless = format!(
            "{} {} still needed, and where {} belong?",
            if is_one { "Is" } else { "Are" },
            listed(&self.homeless),
            if is_one { "does it" } else { "do they" },
        );
        let (question, then) = match (self.may.is_empty(), self.homeless.is_empty()) {
            (true, true) => return order.to_owned(),
            (false, true) => (may, "If the answer is yes"),
            (true, false) => (homeless, "Then"),
            (false, false) => (format!("{homeless} {may}"), "If they agree"),
        };
        format!(
            "First ask the person who looks after your DNS: “{question}” {then}, {}",
            lowered(order)
        )
    }
}

/// The same words in the middle of a sentence.
pub(super) fn lowered(order: &str) -> String {
    let mut letters = order.chars();
    let first = letters.next().map(|letter| letter.to_ascii_lowercase());
    first.into_iter().chain(letters).collect()
}

/// What belongs to the order to put a value into a field.
#[derive(Debug, Default)]
pub(super) struct Steps {
    /// What to ask before.
    pub(super) ask: Questions,
    /// An order for the same record, between commas.
    pub(super) first: String,
    /// Where the value goes, behind the field.
    pub(super) into: &'static str,
    /// Sentences: what the value does.
    pub(super) then: Vec<String>,
}

/// `order` with the value at its end. `{}` in it stands for the words for the value; sentences between the two
/// part it from them.
pub(super) fn with_value_last(order: &str, then: &[String], value: &str) -> String {
    if then.is_empty() {
        format!("{}: {value}", order.replace(VALUE, "this"))
    } else {
        format!(
            "{}. {} The value: {value}",
            order.replace(VALUE, "the value below"),
            then.join(" ")
        )
    }
}

/// Stands for "this" or "the value below".
pub(super) const VALUE: &str = "\u{0}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_come_first_and_once() {
        let mut ask = Questions::default();
        assert_eq!(ask.before("Open it."), "Open it.");
        ask.may("a=b become a=c".to_owned());
        ask.may("a=b become a=c".to_owned());
        ask.may_leave_out(&["d".to_owned(), "e".to_owned()], "SPF");
        assert_eq!(
            ask.before("Open it."),
            "First ask the person who looks after your DNS: “May a=b become a=c, and may d and e be left out of the \
             SPF record?” If the answer is yes, open it."
        );
        let mut ask = Questions::default();
        ask.where_belong(["f".to_owned()]);
        assert_eq!(
            ask.before("Open it."),
            "First ask the person who looks after your DNS: “Is f still needed, and where does it belong?” Then, open \
             it."
        );
    }

    #[test]
    fn the_value_is_last() {
        let order = format!("Put {VALUE} there");
        assert_eq!(with_value_last(&order, &[], "v"), "Put this there: v");
        let then = ["It helps.".to_owned()];
        assert_eq!(
            with_value_last(&order, &then, "v"),
            "Put the value below there. It helps. The value: v"
        );
    }
}
