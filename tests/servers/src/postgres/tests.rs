//! Servers and databases of a test's own.

use super::{Server, database, output};
use std::process::Command;

fn ask(url: &str, sql: &str) -> String {
    let psql = super::binaries().expect("it is installed").join("psql");
    let answer = output(Command::new(psql).args([url, "-XAtc", sql]));
    String::from_utf8(answer.stdout).expect("UTF-8").trim().to_owned()
}

#[test]
fn each_test_has_a_database_of_its_own_on_a_durable_server() {
    let (Some(one), Some(other)) = (database(), database()) else { return };
    ask(one.url(), "CREATE TABLE mine (id int)");
    assert_eq!(ask(one.url(), "SELECT count(*) FROM pg_class WHERE relname = 'mine'"), "1");
    assert_eq!(ask(other.url(), "SELECT count(*) FROM pg_class WHERE relname = 'mine'"), "0");
    assert_eq!(ask(one.url(), "SHOW fsync"), "on");
    assert_eq!(ask(one.url(), "SHOW synchronous_commit"), "on");
}

#[test]
fn a_server_can_be_killed_and_comes_back_and_leaves_nothing_behind() {
    let Some(server) = Server::start(&["work_mem=5MB"]) else { return };
    let database = server.database();
    assert_eq!(ask(database.url(), "SHOW work_mem"), "5MB");
    ask(database.url(), "CREATE TABLE kept AS SELECT 7 AS id");
    server.kill();
    assert_eq!(ask(database.url(), "SELECT 1"), "", "it is gone");
    server.up();
    assert_eq!(ask(database.url(), "SELECT id FROM kept"), "7");
    let folder = server.folder.path().to_owned();
    drop(server);
    assert!(!folder.exists(), "its folder is gone, and it with it");
}
