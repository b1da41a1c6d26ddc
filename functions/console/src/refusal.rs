//! Why the API has refused a form, in the words of the pages: without the names of fields, parameters and calls, which no
//! page shows.

use crate::api::Problem;

/// What the pages call the fields of the API's requests.
const FIELDS: [(&str, &str, &str); 8] = [
    (
        "“confirm”",
        "What you typed to confirm",
        "what you typed to confirm",
    ),
    ("“email”", "The email address", "the email address"),
    ("“contact_email”", "The email address", "the email address"),
    (
        "“communities”",
        "The list of communities",
        "the list of communities",
    ),
    ("“community”", "The community", "the community"),
    ("“reason”", "The reason", "the reason"),
    ("“note”", "The note", "the note"),
    ("“domain”", "The domain", "the domain"),
];

/// Why the API has refused a form.
pub(crate) fn refusal(problem: &Problem) -> String {
    if problem.code == "idempotency_key_reused" {
        return "This form was sent before, with something else in it. Load the page again, and send it once more."
            .to_owned();
    }
    let said = problem.detail.split(" (POST ").enumerate();
    let said = said.map(|(part, text)| match text.split_once(')') {
        Some((_, rest)) if part > 0 => rest,
        Some(_) | None => text,
    });
    let said: String = said.collect::<String>().replace(" (PATCH)", "");
    if problem.code == "confirmation_required" {
        return confirmed(&said);
    }
    let said = said.replace("“domain” is not a domain: ", "");
    let said = said.replace("a different domain than the path", "a different domain");
    FIELDS.iter().fold(said, |said, (field, first, later)| {
        match said.strip_prefix(field) {
            Some(rest) => format!("{first}{}", rest.replace(field, later)),
            // At the beginning of a further sentence.
            None => said
                .replace(&format!(". {field}"), &format!(". {first}"))
                .replace(field, later),
        }
    })
}

/// What happens with the action that has to be confirmed, and which name confirms it: the API asks for a parameter or a
/// member with it, at the end of the sentence.
fn confirmed(said: &str) -> String {
    let Some((what, request)) = said.split_once(" To do that, repeat the request with ") else {
        return said.to_owned();
    };
    let ends = |c: char| matches!(c, '"' | '.' | ' ');
    let name = request
        .rsplit_once(['=', ':'])
        .map(|(_, name)| name.trim_matches(ends));
    match name {
        Some(name) => format!("{what} To do that, type {name} to confirm it. Nothing was changed."),
        None => what.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(code: &str, detail: &str) -> String {
        refusal(&Problem {
            code: code.to_owned(),
            detail: detail.to_owned(),
            ..Problem::default()
        })
    }

    #[test]
    fn a_confirmation_is_asked_for_by_the_name_to_type() {
        let said = of(
            "confirmation_required",
            "Removing auth.com stops all mail that Lasso sends from it. To do that, repeat the request with \
             ?confirm=auth.com.",
        );
        assert_eq!(
            said,
            "Removing auth.com stops all mail that Lasso sends from it. To do that, type auth.com to confirm it. \
             Nothing was changed."
        );
        let said = of(
            "confirmation_required",
            "This stops all mail that Lasso sends from lost.com for cedar-homes. To do that, repeat the request with \
             \"confirm\": \"lost.com\".",
        );
        assert_eq!(
            said,
            "This stops all mail that Lasso sends from lost.com for cedar-homes. To do that, type lost.com to confirm \
             it. Nothing was changed."
        );
    }

    #[test]
    fn no_field_parameter_or_call_is_named() {
        let said = of(
            "validation_failed",
            "“confirm” names a different domain than the path.",
        );
        assert_eq!(said, "What you typed to confirm names a different domain.");
        let said = of(
            "validation_failed",
            "“communities” must have at most 50 entries. “contact_email” is not an email address such as a@b.com.",
        );
        assert_eq!(
            said,
            "The list of communities must have at most 50 entries. The email address is not an email address such as \
             a@b.com."
        );
        let said = of(
            "validation_failed",
            "“communities” is too long; “contact_email” is empty.",
        );
        assert_eq!(
            said,
            "The list of communities is too long; the email address is empty."
        );
        let said = of(
            "validation_failed",
            "“domain” is not a domain: there is no dot in it.",
        );
        assert_eq!(said, "there is no dot in it.");
        let said = of(
            "held_by_another",
            "Decide about that claim first (POST …/release).",
        );
        assert_eq!(said, "Decide about that claim first.");
    }
}
