//! A second look at a body that holds lists: serde takes a list of the members' values where an
//! object is awaited, at every depth. Such a list names nothing, and would change its meaning with
//! the order of fields in the code, so it is refused.

use serde::de::value::{MapAccessDeserializer, MapDeserializer, SeqDeserializer};
use serde::de::{DeserializeOwned, Deserializer, Error, IntoDeserializer, Unexpected, Visitor};
use serde_json::Value;

use crate::body::{cells, fault};
use crate::problem::Problem;

/// Refuses a document in which a list stands where an object belongs. What is no JSON at all is for
/// others to say.
pub fn check<T: DeserializeOwned>(bytes: &[u8]) -> Result<(), Problem> {
    // Most bodies hold no list at all, and cannot hold one in the wrong place.
    if !bytes.contains(&b'[') {
        return Ok(());
    }
    let Ok(value) = serde_json::from_slice(bytes) else { return Ok(()) };
    match serde_path_to_error::deserialize::<_, T>(Strict(value)) {
        Ok(_) => Ok(()),
        Err(error) => {
            let place = cells::named::<T>(bytes, error.path());
            let place = place.unwrap_or_else(|| cells::pointer(error.path().iter()));
            Err(Problem::invalid(vec![fault(place, &error.inner().to_string())]))
        }
    }
}

/// A JSON value in which only an object is an object.
struct Strict(Value);

impl<'de> Deserializer<'de> for Strict {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self.0 {
            Value::Array(items) => {
                visitor.visit_seq(SeqDeserializer::new(items.into_iter().map(Strict)))
            }
            Value::Object(members) => visitor.visit_map(members_of(members)),
            other => other.deserialize_any(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        match self.0 {
            Value::Array(_) => Err(Error::invalid_type(Unexpected::Seq, &visitor)),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        match self.0 {
            Value::Object(members) => {
                visitor.visit_enum(MapAccessDeserializer::new(members_of(members)))
            }
            other => other.deserialize_enum(name, variants, visitor),
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map identifier ignored_any
    }
}

impl IntoDeserializer<'_, serde_json::Error> for Strict {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

type Members = std::iter::Map<serde_json::map::IntoIter, fn((String, Value)) -> (String, Strict)>;

fn members_of(
    members: serde_json::Map<String, Value>,
) -> MapDeserializer<'static, Members, serde_json::Error> {
    let strict: fn((String, Value)) -> (String, Strict) = |(name, value)| (name, Strict(value));
    MapDeserializer::new(members.into_iter().map(strict))
}
