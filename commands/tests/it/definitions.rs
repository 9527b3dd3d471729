//! Definitions name each other, and several servers may define at once.

use docket_commands::{CommandError, Desk};
use docket_domain::definition::{DefinitionKind, Document};
use serde_json::json;

use super::{request, scene};

fn document(of: serde_json::Value) -> Document {
    serde_json::from_value(of).unwrap()
}

/// Of one server that names a priority and another that retires it in the same moment one has its way, and the
/// other is told why not: else every ticket opened in that queue would be refused.
#[tokio::test]
async fn what_is_named_at_one_server_is_not_retired_at_another_in_the_same_moment() {
    let scene = scene().await;
    let other = Desk::open(scene.store.clone(), scene.vault.clone(), scene.clock()).await.unwrap();
    for round in 0..20 {
        let key = format!("p{round}");
        let priority = document(json!({ "priority": { "name": "Some", "level": 3 } }));
        scene.desk.publish(&request(&format!("begin {round}")), &key, &priority).await.unwrap();
        let queue = json!({ "queue": { "name": "Some", "default_priority": key } });
        let (naming, retiring) = (format!("name {round}"), format!("retire {round}"));
        let (queue, key_of_queue) = (document(queue), format!("q{round}"));
        let name = request(&naming);
        let retire = request(&retiring);
        let (naming, retiring) = tokio::join!(
            scene.desk.publish(&name, &key_of_queue, &queue),
            other.retire(&retire, DefinitionKind::Priority, &key),
        );
        match (naming, retiring) {
            (Ok(_), Err(CommandError::Definition(_)))
            | (Err(CommandError::Definition(_)), Ok(_)) => {}
            both => panic!("{both:?}"),
        }
    }
}
