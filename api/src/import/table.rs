//! Tables: CSV with a header line, one event a row.

use std::io::BufRead;
use std::sync::Arc;

use csv::{ErrorKind, Reader, ReaderBuilder, StringRecord};

use crate::import::row::{Attributes, Found, Reject, Row, Unreadable};
use crate::import::source::{Place, Watched};

/// Reads the rows of a table, in the order of the file.
pub struct TableReader<R> {
    reader: Reader<Watched<R>>,
    place: Place,
    columns: StringRecord,
    defaults: Arc<Attributes>,
    /// What was read behind the row that was given last.
    ahead: Option<Result<Option<StringRecord>, csv::Error>>,
}

impl<R: BufRead> TableReader<R> {
    /// Reads from `source`; the first line names the columns.
    pub fn new((source, place): (Watched<R>, Place), delimiter: char) -> Result<Self, Unreadable> {
        let delimiter = u8::try_from(delimiter).unwrap_or(b',');
        let mut reader =
            ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(source);
        let unreadable = |reason: String| Unreadable { line: 1, reason };
        let columns = reader.headers().map_err(|error| unreadable(error.to_string()))?.clone();
        // A byte order mark is no part of the first column's name; spreadsheets like to write one.
        let columns: StringRecord =
            columns.iter().map(|name| name.trim_start_matches('\u{feff}').trim()).collect();
        if columns.iter().all(str::is_empty) {
            return Err(unreadable("the first line must name the columns".into()));
        }
        let mut seen = std::collections::BTreeSet::new();
        if let Some(twice) = columns.iter().find(|name| !seen.insert(*name)) {
            return Err(unreadable(format!("two columns are named {twice:?}")));
        }
        Ok(Self { reader, place, columns, defaults: Arc::default(), ahead: None })
    }

    /// The names of the columns.
    pub fn columns(&self) -> Vec<&str> {
        self.columns.iter().collect()
    }

    /// The next row, if there is one.
    pub fn next_row(&mut self) -> Result<Option<Found>, Unreadable> {
        let read = match self.ahead.take() {
            Some(read) => read,
            None => self.read(),
        };
        let record = match read {
            Ok(None) => return Ok(None),
            Ok(Some(record)) => record,
            Err(error) => return self.broken(&error),
        };
        // Whether it is the last is known once there is no other.
        let next = self.read();
        let is_last = matches!(next, Ok(None));
        self.ahead = Some(next);
        if is_last && self.is_unclosed(&record) {
            let line = record.position().map_or(0, csv::Position::line);
            let reason = "a quotation mark in it is never closed, so it takes in all that follows";
            return Ok(Some(Err(Reject { line, reason: reason.into(), case: None })));
        }
        Ok(Some(self.row(&record)))
    }

    fn read(&mut self) -> Result<Option<StringRecord>, csv::Error> {
        self.place.refill();
        let mut record = StringRecord::new();
        Ok(self.reader.read_record(&mut record)?.then_some(record))
    }

    fn row(&self, record: &StringRecord) -> Found {
        let line = record.position().map_or(0, csv::Position::line);
        if record.len() > self.columns.len() {
            let reason = format!("{} values for {} columns", record.len(), self.columns.len());
            return Err(Reject { line, reason, case: None });
        }
        let named = self.columns.iter().zip(record.iter());
        let said = named.filter(|(_, value)| !value.is_empty());
        let attributes = said.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Ok(Row { line, attributes, case: None, defaults: Arc::clone(&self.defaults) })
    }

    /// Whether the last record of a file ends with the file, inside quotation marks: then the end of the
    /// file's last line is a part of its value.
    fn is_unclosed(&self, record: &StringRecord) -> bool {
        let ends_in_value = record.iter().next_back().is_some_and(|value| value.ends_with('\n'));
        self.place.is_in_quotes() && (ends_in_value || !self.place.is_at_line_end())
    }

    fn broken(&self, error: &csv::Error) -> Result<Option<Found>, Unreadable> {
        let line = error.position().map_or_else(|| self.place.line(), csv::Position::line);
        match error.kind() {
            ErrorKind::Utf8 { err, .. } => {
                let reason = format!("not UTF-8: {err}");
                Ok(Some(Err(Reject { line, reason, case: None })))
            }
            _ => Err(Unreadable { line, reason: error.to_string() }),
        }
    }
}
