//! What a ticket is about, and how complaints about it may be decided.

use serde::{Deserialize, Serialize};

use crate::money::Money;
use crate::ticket::event::Decision;

/// What a ticket is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Category {
    /// The name people see.
    pub name: String,
    /// The queue that tickets of this category go to when they name none (S-25).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    /// How minor complaints of this category, and of those below it that prepare none themselves, may be
    /// decided without asking anybody (S-72).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub solutions: Vec<Solution>,
    /// The skills that whoever takes a ticket of this category, or of one below it that names none itself,
    /// needs beside those of the queue (S-14).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skills: Vec<String>,
}

/// A prepared solution of a complaint: what may be granted to everybody whose case is like this.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Solution {
    /// Its key within the category.
    pub key: String,
    /// The name people see.
    pub name: String,
    /// Whether the complaint is accepted.
    pub decision: Decision,
    /// Why, as the record keeps it.
    pub reasoning: String,
    /// What is granted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
}
