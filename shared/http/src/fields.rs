//! The fields of a JSON body, read one by one, so that the error names every invalid field and not
//! only the first.

use std::fmt;

use domain_auth::names::Note;
use serde_json::{Map, Value};

use crate::problem::{ApiError, FieldError};

/// The fields of a JSON object that were not taken yet, and the errors in those that were.
#[derive(Debug)]
pub struct Fields {
    object: Map<String, Value>,
    errors: Vec<FieldError>,
}

impl Fields {
    /// All of them.
    pub(crate) fn new(object: Map<String, Value>) -> Self {
        Self {
            object,
            errors: Vec::new(),
        }
    }

    /// A text. `null` counts as absent.
    pub(crate) fn text(&mut self, name: &str) -> Option<String> {
        match self.object.remove(name)? {
            Value::String(text) => Some(text),
            Value::Null => None,
            Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                self.refuse(name, "must be a string");
                None
            }
        }
    }

    /// A text that has to be there.
    pub(crate) fn required_text(&mut self, name: &str) -> Option<String> {
        let errors = self.errors.len();
        let text = self.text(name);
        if text.is_none() && self.errors.len() == errors {
            self.refuse(name, "is required");
        }
        text
    }

    /// A text that `parse` accepts.
    pub(crate) fn parsed<T, E: fmt::Display>(
        &mut self,
        name: &str,
        parse: fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.text(name)?;
        self.taken(name, parse(&text))
    }

    /// A required text that `parse` accepts.
    pub(crate) fn required<T, E: fmt::Display>(
        &mut self,
        name: &str,
        parse: fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.required_text(name)?;
        self.taken(name, parse(&text))
    }

    /// The `note`. Empty counts as absent: that is how a form sends it.
    pub(crate) fn note(&mut self) -> Option<Note> {
        let text = self.text("note")?;
        if text.trim().is_empty() {
            return None;
        }
        self.taken("note", Note::parse(&text))
    }

    /// A list of 1 to `most` texts, which has to be there.
    pub(crate) fn required_texts(&mut self, name: &str, most: usize) -> Option<Vec<String>> {
        let value = self.object.remove(name).filter(|value| !value.is_null());
        let Some(value) = value else {
            self.refuse(name, "is required");
            return None;
        };
        let Value::Array(values) = value else {
            self.refuse(name, format!("must be a list of 1 to {most} strings"));
            return None;
        };
        if values.is_empty() || values.len() > most {
            let sent = values.len();
            self.refuse(
                name,
                format!("must have 1 to {most} entries, but has {sent}"),
            );
            return None;
        }
        let errors = self.errors.len();
        let mut texts = Vec::with_capacity(values.len());
        for (index, value) in values.into_iter().enumerate() {
            match value {
                Value::String(text) => texts.push(text),
                Value::Null | Value::Bool(_) | Value::Number(_) => {
                    self.refuse_at(name, index, "must be a string");
                }
                Value::Array(_) | Value::Object(_) => {
                    self.refuse_at(name, index, "must be a string");
                }
            }
        }
        (self.errors.len() == errors).then_some(texts)
    }

    /// A whole number from 0 to `most`. `null` counts as absent.
    pub(crate) fn number(&mut self, name: &str, most: u32) -> Option<u32> {
        self.number_in(name, 0, most)
    }

    /// A whole number from `least` to `most`. `null` counts as absent.
    pub(crate) fn number_in(&mut self, name: &str, least: u32, most: u32) -> Option<u32> {
        let value = self.object.remove(name).filter(|value| !value.is_null())?;
        let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
        let number = number.filter(|number| (least..=most).contains(number));
        if number.is_none() {
            self.refuse(
                name,
                format!("must be a whole number from {least} to {most}"),
            );
        }
        number
    }

    /// A text that `parse` takes, in a merge patch (RFC 7396): absent, `null`, or a text.
    #[expect(
        clippy::option_option,
        reason = "absent, null and a text are three things in a merge patch"
    )]
    pub(crate) fn patched<T, E: fmt::Display>(
        &mut self,
        name: &str,
        parse: fn(&str) -> Result<T, E>,
    ) -> Option<Option<T>> {
        if !self.object.contains_key(name) {
            return None;
        }
        Some(self.parsed(name, parse))
    }

    /// A list of at most `most` texts that `parse` takes, in a merge patch (RFC 7396): absent, `null` for an
    /// empty list, or the list.
    pub(crate) fn patched_list<T, E: fmt::Display>(
        &mut self,
        name: &str,
        most: usize,
        parse: fn(&str) -> Result<T, E>,
    ) -> Option<Vec<T>> {
        let entries = match self.object.remove(name)? {
            Value::Null => Vec::new(),
            Value::Array(entries) => entries,
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
                self.refuse(name, "must be an array of strings");
                return None;
            }
        };
        if entries.len() > most {
            self.refuse(name, format!("must have at most {most} entries"));
            return None;
        }
        let mut list = Vec::with_capacity(entries.len());
        for (place, entry) in entries.iter().enumerate() {
            let pointer = || format!("/{name}/{place}");
            match entry.as_str().map(parse) {
                None => self
                    .errors
                    .push(FieldError::field(pointer(), "must be a string")),
                Some(Err(error)) => self.errors.push(FieldError::field(pointer(), error)),
                Some(Ok(entry)) => list.push(entry),
            }
        }
        Some(list)
    }

    /// Records an error about a field.
    pub(crate) fn refuse(&mut self, name: &str, detail: impl fmt::Display) {
        let pointer = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
        self.errors.push(FieldError::field(pointer, detail));
    }

    /// Records an error about an entry of a field.
    fn refuse_at(&mut self, name: &str, index: usize, detail: impl fmt::Display) {
        let pointer = format!("/{name}/{index}");
        self.errors.push(FieldError::field(pointer, detail));
    }

    /// The required fields, if all fields are right. A member of the object that was not taken is not a field
    /// of the request, and is refused.
    pub(crate) fn finish<T>(mut self, required: Option<T>) -> Result<T, ApiError> {
        let others: Vec<String> = self.object.keys().cloned().collect();
        for name in others {
            self.refuse(&name, "is not a field of this request");
        }
        required
            .filter(|_| self.errors.is_empty())
            .ok_or(ApiError::Invalid(self.errors))
    }

    fn taken<T, E: fmt::Display>(&mut self, name: &str, parsed: Result<T, E>) -> Option<T> {
        parsed.map_err(|error| self.refuse(name, error)).ok()
    }
}

/// The fields of a JSON object in a test.
#[cfg(test)]
pub(crate) fn fields_of(object: &str) -> Fields {
    Fields::new(serde_json::from_str(object).expect("a JSON object"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_required_field_of_the_wrong_type_is_named_once() {
        let mut fields = fields_of(r#"{"domain":5}"#);
        let domain = fields.required_text("domain");
        let Err(ApiError::Invalid(errors)) = fields.finish(domain) else {
            panic!("accepted");
        };
        assert_eq!(errors, [FieldError::field("/domain", "must be a string")]);
    }
}
