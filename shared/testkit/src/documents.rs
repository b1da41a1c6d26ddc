//! Reads parts of the documents in `docs/`, so that tests can check them against the code.

use std::marker::PhantomData;

use serde::de::value::Error;
use serde::de::{Deserialize, Deserializer, Error as _, Visitor};
use serde::forward_to_deserialize_any;

/// The rows of the first table below a heading, by their cells. The head of the table is left out.
///
/// # Panics
///
/// If the document has no such heading, or no table below it.
pub fn table<'a>(document: &'a str, heading: &str) -> Vec<Vec<&'a str>> {
    let below = document.lines().skip_while(|line| *line != heading);
    let rows = below.skip_while(|line| !line.starts_with('|'));
    let rows = rows.take_while(|line| line.starts_with('|'));
    let rows: Vec<Vec<&str>> = rows.skip(2).map(cells).collect();
    assert!(!rows.is_empty(), "there is no table below {heading:?}");
    rows
}

fn cells(row: &str) -> Vec<&str> {
    let inner = row.strip_prefix('|').and_then(|row| row.strip_suffix('|'));
    let cells = inner.unwrap_or(row).split('|');
    cells.map(str::trim).collect()
}

/// The paragraph, and the list below it, that begins with this text.
///
/// # Panics
///
/// If the document has no such paragraph.
pub fn paragraph<'a>(document: &'a str, beginning: &str) -> &'a str {
    let mut paragraphs = document.split("\n\n");
    let found = paragraphs.find(|paragraph| paragraph.starts_with(beginning));
    found.unwrap_or_else(|| panic!("no paragraph begins with {beginning:?}"))
}

/// The texts between backticks.
pub fn code(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The names of a type's members in serialized form, in their order.
///
/// # Panics
///
/// If the type is not a struct, or has flattened members.
pub fn members_of<'a, T: Deserialize<'a>>() -> &'static [&'static str] {
    let mut members = None;
    // It always fails, because there are no values to make a `T` of.
    T::deserialize(Members(&mut members, PhantomData)).err();
    members.expect("a struct whose members have names")
}

struct Members<'a, 'de>(
    &'a mut Option<&'static [&'static str]>,
    PhantomData<&'de ()>,
);

impl<'de> Deserializer<'de> for Members<'_, 'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(Error::custom("only the members of a struct are looked for"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        *self.0 = Some(fields);
        self.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = "\
# Fruit

| not | this |
| --- | --- |
| one | |

## Here

**Apples.** `red`, and
`green`?

| name | |
| --- | --- |
| `apple` | a `b` |
| `pear`, `plum` | |

After it.
";

    #[test]
    fn finds_the_table_under_a_heading() {
        let rows = table(DOCUMENT, "## Here");
        assert_eq!(rows, [vec!["`apple`", "a `b`"], vec!["`pear`, `plum`", ""]]);
        let names: Vec<&str> = code(rows[1][0]).collect();
        assert_eq!(names, ["pear", "plum"]);
    }

    #[test]
    fn a_paragraph_ends_at_an_empty_line() {
        let words: Vec<&str> = code(paragraph(DOCUMENT, "**Apples.**")).collect();
        assert_eq!(words, ["red", "green"]);
    }

    #[test]
    fn the_members_of_a_type_are_named_as_they_are_serialized() {
        #[derive(serde::Deserialize)]
        #[expect(dead_code, reason = "nothing is made of it")]
        struct Fruit {
            colour: String,
            #[serde(rename = "type")]
            kind: String,
            #[serde(skip)]
            eaten: bool,
        }
        assert_eq!(members_of::<Fruit>(), ["colour", "type"]);
    }
}
