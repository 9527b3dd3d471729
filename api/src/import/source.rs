//! The bytes of a foreign log: unpacked where they are packed, with the line we are at, and never
//! more of them at once than one event may have.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use flate2::read::MultiGzDecoder;

/// The most bytes of a file that one event may take. A larger one is an attack or a broken file.
pub const LARGEST_EVENT: u64 = 4 * 1024 * 1024;

/// Where the reader of a file is; shared with whoever asks while a parser holds the reader.
#[derive(Clone, Debug, Default)]
pub struct Place {
    line: Rc<Cell<u64>>,
    budget: Rc<Cell<u64>>,
    quotes: Rc<Cell<u64>>,
    last: Rc<Cell<u8>>,
}

impl Place {
    /// The line that was read last, from 1.
    pub fn line(&self) -> u64 {
        self.line.get() + 1
    }

    /// Whether a quotation mark was read that has no second one.
    pub fn is_in_quotes(&self) -> bool {
        !self.quotes.get().is_multiple_of(2)
    }

    /// Whether what was read last was the end of a line.
    pub fn is_at_line_end(&self) -> bool {
        self.last.get() == b'\n'
    }

    /// Allows the next [`LARGEST_EVENT`] bytes.
    pub fn refill(&self) {
        self.budget.set(LARGEST_EVENT);
    }
}

/// A reader that knows its line and refuses to go on for ever.
pub struct Watched<R> {
    inner: R,
    place: Place,
}

impl<R: BufRead> Watched<R> {
    /// Watches `inner`; the place says where it is.
    pub fn new(inner: R) -> (Self, Place) {
        let place = Place::default();
        place.refill();
        (Self { inner, place: place.clone() }, place)
    }
}

impl<R: BufRead> BufRead for Watched<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.place.budget.get() == 0 {
            return Err(io::Error::other(format!(
                "more than {} MiB for one event",
                LARGEST_EVENT / 1024 / 1024
            )));
        }
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        if let Ok(bytes) = self.inner.fill_buf() {
            let taken = bytes.get(..amount).unwrap_or(bytes);
            let count = |wanted: u8| taken.iter().filter(|byte| **byte == wanted).count() as u64;
            self.place.line.set(self.place.line.get() + count(b'\n'));
            self.place.quotes.set(self.place.quotes.get() + count(b'"'));
            self.place.last.set(taken.last().copied().unwrap_or(self.place.last.get()));
        }
        self.place.budget.set(self.place.budget.get().saturating_sub(amount as u64));
        self.inner.consume(amount);
    }
}

impl<R: BufRead> Read for Watched<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let amount = available.len().min(into.len());
        into[..amount].copy_from_slice(&available[..amount]);
        self.consume(amount);
        Ok(amount)
    }
}

/// Opens a file, unpacking it where its first bytes say that it is gzip, whatever its name.
/// `progress` is told how many bytes of the file itself were read.
pub fn open(path: &Path, progress: Progress) -> io::Result<(Watched<Box<dyn BufRead>>, Place)> {
    let file = Counted { inner: File::open(path)?, read: 0, progress };
    let mut file = BufReader::with_capacity(64 * 1024, file);
    let packed = file.fill_buf()?.starts_with(&[0x1f, 0x8b]);
    let inner: Box<dyn BufRead> = if packed {
        Box::new(BufReader::with_capacity(64 * 1024, MultiGzDecoder::new(file)))
    } else {
        Box::new(file)
    };
    Ok(Watched::new(inner))
}

/// Is told how many bytes of a file were read.
pub type Progress = Arc<dyn Fn(u64) + Send + Sync>;

struct Counted {
    inner: File,
    read: u64,
    progress: Progress,
}

impl Read for Counted {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let amount = self.inner.read(into)?;
        self.read += amount as u64;
        (self.progress)(self.read);
        Ok(amount)
    }
}
