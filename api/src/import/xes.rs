//! XES, the exchange format of event logs (IEEE 1849): traces of events, read as they come.
//!
//! Only what is needed to keep an event whole is held in memory. Attributes inside attributes are
//! flattened: `amount/currency`. A document type declaration is refused, since nothing in XES needs
//! one and its entities can be bombs.

use std::io::BufRead;
use std::sync::Arc;

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use crate::import::row::{Attributes, Found, Reject, Row, Unreadable};
use crate::import::source::{Place, Watched};

/// How deep attributes may be nested.
const DEEPEST: usize = 32;

/// How many attributes an event or a case may have.
const MOST_ATTRIBUTES: usize = 2_000;

/// Reads the events of an XES log, in the order of the file.
pub struct XesReader<R> {
    reader: Reader<Watched<R>>,
    place: Place,
    buffer: Vec<u8>,
    /// The elements that we are inside of.
    open: Vec<Element>,
    /// Whether the log has begun.
    begun: bool,
    defaults: Arc<Attributes>,
    trace: Option<Arc<Attributes>>,
    event: Option<Row>,
}

/// An element of the file that is open.
enum Element {
    Log,
    Trace,
    Event,
    /// Defaults for events, or for what we do not read.
    Global {
        of_events: bool,
    },
    /// An attribute, with the name under which it is kept.
    Attribute(String),
    /// What stands around the items of a list.
    Values,
    /// Extensions, classifiers and what else a log may say about itself.
    Other,
}

impl<R: BufRead> XesReader<R> {
    /// Reads from `source`.
    pub fn new((source, place): (Watched<R>, Place)) -> Self {
        Self {
            reader: Reader::from_reader(source),
            place,
            buffer: Vec::new(),
            open: Vec::new(),
            begun: false,
            defaults: Arc::default(),
            trace: None,
            event: None,
        }
    }

    fn unreadable(&self, reason: impl Into<String>) -> Unreadable {
        Unreadable { line: self.place.line(), reason: reason.into() }
    }

    /// The next event of the log, if there is one.
    pub fn next_row(&mut self) -> Result<Option<Found>, Unreadable> {
        loop {
            let mut buffer = std::mem::take(&mut self.buffer);
            buffer.clear();
            let read = self.reader.read_event_into(&mut buffer);
            let read = read.map_err(|error| self.unreadable(error.to_string()))?;
            let found = self.take(read)?;
            self.buffer = buffer;
            match found {
                Step::On => {}
                Step::Found(row) => return Ok(Some(row)),
                Step::End => return Ok(None),
            }
        }
    }

    fn take(&mut self, read: Event<'_>) -> Result<Step, Unreadable> {
        match read {
            Event::Start(start) => self.enter(&start).map(|()| Step::On),
            Event::Empty(start) => {
                self.enter(&start)?;
                Ok(self.leave())
            }
            Event::End(_) => Ok(self.leave()),
            Event::Eof if !self.begun => {
                Err(self.unreadable("this is no XES log: there is no <log>"))
            }
            Event::Eof if self.open.is_empty() => Ok(Step::End),
            Event::Eof => Err(self.unreadable("the file ends in the middle of the log")),
            Event::DocType(_) => Err(self.unreadable("document type declarations are refused")),
            Event::Decl(declared) => match declared.encoding() {
                Some(Ok(encoding)) if !encoding.eq_ignore_ascii_case("utf-8") => {
                    Err(self.unreadable(format!("the encoding {encoding} is not read, only UTF-8")))
                }
                _ => Ok(Step::On),
            },
            Event::Text(_)
            | Event::CData(_)
            | Event::Comment(_)
            | Event::PI(_)
            | Event::GeneralRef(_) => Ok(Step::On),
        }
    }

    fn enter(&mut self, start: &BytesStart<'_>) -> Result<(), Unreadable> {
        if self.open.len() >= DEEPEST {
            return Err(self.unreadable(format!("elements are nested more than {DEEPEST} deep")));
        }
        let name = start.local_name();
        let element = match (self.open.last(), name.as_ref()) {
            (None, "log") => {
                self.begun = true;
                Element::Log
            }
            (None, other) => {
                return Err(
                    self.unreadable(format!("this is no XES log: it begins with <{other}>"))
                );
            }
            (Some(Element::Log), "trace") => {
                self.trace = Some(Arc::default());
                Element::Trace
            }
            (Some(Element::Trace), "event") => {
                self.place.refill();
                self.event = Some(Row {
                    line: self.place.line(),
                    case: self.trace.clone(),
                    defaults: Arc::clone(&self.defaults),
                    attributes: Attributes::new(),
                });
                Element::Event
            }
            (Some(Element::Log), "global") => Element::Global {
                of_events: self.attribute(start, "scope")? == Some("event".into()),
            },
            (Some(Element::Log | Element::Other), _) => {
                self.place.refill();
                Element::Other
            }
            (Some(Element::Attribute(list)), "values") => {
                // The items of a list belong to the list itself.
                let _ = list;
                Element::Values
            }
            (Some(_), _) => Element::Attribute(self.keep(start)?),
        };
        self.open.push(element);
        Ok(())
    }

    fn leave(&mut self) -> Step {
        match self.open.pop() {
            Some(Element::Event) => match self.event.take() {
                Some(row) => Step::Found(complete(row)),
                None => Step::On,
            },
            Some(Element::Trace) => {
                self.trace = None;
                Step::On
            }
            _ => Step::On,
        }
    }

    /// Keeps one attribute where it belongs; answers the name it is kept under.
    fn keep(&mut self, start: &BytesStart<'_>) -> Result<String, Unreadable> {
        let key = self.attribute(start, "key")?.unwrap_or_default();
        let value = self.attribute(start, "value")?;
        let inside = self.open.iter().rev().find_map(|element| match element {
            Element::Attribute(outer) => Some(outer.as_str()),
            _ => None,
        });
        let name = match inside {
            Some(outer) => format!("{outer}/{key}"),
            None => key,
        };
        let owner = self.open.iter().rev().find(|element| {
            matches!(element, Element::Event | Element::Trace | Element::Global { .. })
        });
        let attributes = match owner {
            Some(Element::Event) => self.event.as_mut().map(|event| &mut event.attributes),
            Some(Element::Trace) => self.trace.as_mut().map(Arc::make_mut),
            Some(Element::Global { of_events: true }) => Some(Arc::make_mut(&mut self.defaults)),
            _ => None,
        };
        let Some(attributes) = attributes else { return Ok(name) };
        if attributes.len() >= MOST_ATTRIBUTES {
            let reason = format!("more than {MOST_ATTRIBUTES} attributes in one place");
            return Err(self.unreadable(reason));
        }
        let name = unused(attributes, name);
        // A list has no value of its own; its items do.
        if let Some(value) = value {
            attributes.insert(name.clone(), value);
        }
        Ok(name)
    }

    fn attribute(
        &self,
        start: &BytesStart<'_>,
        wanted: &str,
    ) -> Result<Option<String>, Unreadable> {
        let found = start.try_get_attribute(wanted);
        let Some(found) = found.map_err(|error| self.unreadable(error.to_string()))? else {
            return Ok(None);
        };
        let value = found.normalized_value(XmlVersion::Implicit1_0);
        let value = value.map_err(|error| self.unreadable(error.to_string()))?;
        Ok(Some(value.into_owned()))
    }
}

enum Step {
    On,
    Found(Found),
    End,
}

/// A name that is free: a second attribute of the same name is kept beside the first.
fn unused(attributes: &Attributes, name: String) -> String {
    if !attributes.contains_key(&name) {
        return name;
    }
    let mut numbered = (2_u32..).map(|n| format!("{name}#{n}"));
    numbered.find(|name| !attributes.contains_key(name)).unwrap_or(name)
}

fn complete(row: Row) -> Found {
    if row.attributes.is_empty() {
        let reason = "an event without attributes".into();
        return Err(Reject { line: row.line, reason, case: None });
    }
    Ok(row)
}
