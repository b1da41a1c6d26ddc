//! The body of a request as JSON. RFC 8259 (section 4) leaves open how an object with duplicate members is
//! read, and most parsers silently keep the last one. Here such a body is refused.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// The maximum number of repeated members that are named.
const NAMED: usize = 20;

/// A JSON value, and the members that its objects have more than once.
#[derive(Debug, Default)]
pub(crate) struct Json {
    pub(crate) value: Value,
    /// Their places (JSON pointers), in the order of the body, each once.
    pub(crate) repeated: Vec<String>,
}

impl Json {
    /// Reads a body. The error says where parsing failed.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, serde_json::Error> {
        let mut repeated = Vec::new();
        let mut reader = serde_json::Deserializer::from_slice(body);
        let at = At {
            pointer: String::new(),
            repeated: &mut repeated,
        };
        let value = at.deserialize(&mut reader)?;
        reader.end()?;
        Ok(Self { value, repeated })
    }
}

/// The place of a value that is read.
struct At<'a> {
    pointer: String,
    repeated: &'a mut Vec<String>,
}

impl At<'_> {
    /// The place of an entry or member in the value at this place.
    fn below(&mut self, part: &str) -> At<'_> {
        let part = part.replace('~', "~0").replace('/', "~1");
        At {
            pointer: format!("{}/{part}", self.pointer),
            repeated: self.repeated,
        }
    }

    fn is_repeated(&mut self) {
        if self.repeated.len() < NAMED && !self.repeated.contains(&self.pointer) {
            self.repeated.push(self.pointer.clone());
        }
    }
}

impl<'de> DeserializeSeed<'de> for At<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for At<'_> {
    type Value = Value;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        Value::deserialize(reader)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut entries: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(entry) = entries.next_element_seed(self.below(&list.len().to_string()))? {
            list.push(entry);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let mut at = self.below(&name);
            if object.contains_key(&name) {
                at.is_repeated();
            }
            let value = members.next_value_seed(at)?;
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn repeated(body: &str) -> Vec<String> {
        Json::parse(body.as_bytes()).unwrap().repeated
    }

    #[test]
    fn duplicate_json_members_are_named_at_every_depth() {
        assert_eq!(
            repeated(r#"{"a":1,"b":{"a":2},"c":[{"a":3},{"a":4}]}"#),
            [""; 0]
        );
        assert_eq!(repeated(r#"{"a":1,"a":1,"a":2}"#), ["/a"]);
        assert_eq!(repeated(r#"{"a":[0,{"b/c":1,"b/c":null}]}"#), ["/a/1/b~1c"]);
        // The same name, written in two ways.
        assert_eq!(repeated(r#"{"a":1,"\u0061":2}"#), ["/a"]);
    }

    #[test]
    fn an_error_for_invalid_json_says_where_parsing_failed() {
        let place = |body: &str| Json::parse(body.as_bytes()).unwrap_err().to_string();
        assert!(
            place("{\"a\":1,}").contains("line 1 column 8"),
            "{}",
            place("{\"a\":1,}")
        );
        assert!(place("{} {}").contains("trailing characters"));
        assert!(place("").contains("EOF"));
        let deep = "[".repeat(200);
        assert!(place(&deep).contains("recursion limit"));
    }

    #[test]
    fn a_json_value_is_read_like_serde_json_reads_it() {
        for text in [
            "null",
            "true",
            " [] ",
            "-0",
            "1e400",
            "1.0",
            "18446744073709551616",
            "-9223372036854775809",
            "\"a\\ud83d\\ude00\"",
            "\"\\ud83d\"",
            "[1,]",
            "{\"a\"}",
            "{1:2}",
            "nul",
            "[1] x",
            "{\"\":{}}",
        ] {
            let ours = Json::parse(text.as_bytes()).map(|json| json.value).ok();
            let theirs: Option<Value> = serde_json::from_slice(text.as_bytes()).ok();
            assert_eq!(ours, theirs, "{text}");
        }
    }

    #[test]
    fn each_kind_of_json_value_is_read() {
        let value = json!({ "a": [null, true, -1, 7, 1.5, "text", { "b": {} }], "c": u64::MAX });
        let read = Json::parse(value.to_string().as_bytes()).unwrap();
        assert_eq!((read.value, read.repeated), (value, Vec::new()));
    }
}
