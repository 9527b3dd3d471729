//! The one integration binary; its modules mirror what they test.

#![cfg(test)]

mod api;
mod architecture;
mod faults;
mod import;
mod moving;
mod personal_data;
mod restore;
