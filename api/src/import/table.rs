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
        Ok(Self { reader, place, columns, defaults: Arc::default() })
    }

    /// The names of the columns.
    pub fn columns(&self) -> Vec<&str> {
        self.columns.iter().collect()
    }

    /// The next row, if there is one.
    pub fn next_row(&mut self) -> Result<Option<Found>, Unreadable> {
        self.place.refill();
        let mut record = StringRecord::new();
        match self.reader.read_record(&mut record) {
            Ok(false) => Ok(None),
            Ok(true) => Ok(Some(self.row(&record))),
            Err(error) => self.broken(&error),
        }
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
