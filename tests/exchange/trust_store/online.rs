//! The trust anchors uploaded to the Exchange Online stand-in, which checks stores with a reader of its own.

use std::fs;

use serde_json::json;
use smime_sync::error::ErrorId;

use super::{
    home::{Home, ca},
    organisation::{Organisation, result_of},
};
use crate::common::exchange::{DOMAIN, StandIn};

fn home(stand_in: &StandIn, anchors: &[&crate::common::certificates::Authority]) -> Home {
    let application = stand_in.register_application();
    let home = Home::new(
        anchors,
        json!({
            "Target": "ExchangeOnline", "Organization": DOMAIN, "AppId": application.client_id,
            "CertificateFilePath": "/unused", "ConnectionUri": stand_in.https,
            "AzureADAuthorizationEndpointUri": stand_in.https, "ServerCertificatePath": [stand_in.authority_path()],
        }),
    );
    let key = home.path("application.pem");
    fs::write(&key, format!("{}{}", application.certificate_pem, application.key_pem)).unwrap();
    let settings = json!({ "CertificateFilePath": key });
    let set = json!({ "Operation": "SetProfile", "Name": "corp", "Settings": settings });
    home.ask(Organisation::default(), set).0.unwrap();
    home
}

#[test]
fn a_store_is_uploaded_in_either_encoding_and_a_second_profile_adds_to_it() {
    for encoding in ["Base64", "IntegerArray"] {
        let stand_in = StandIn::start();
        stand_in.settings(json!({ "ByteEncoding": encoding }));
        let publish = |home: &Home| {
            let request = json!({ "Operation": "PublishTrustStore", "ProfileName": "corp" });
            let (done, caller) = home.ask(Organisation::default(), request);
            assert_eq!(done, Ok(()), "{encoding}");
            result_of(&caller)
        };
        let first = home(&stand_in, &[&ca("Root")]);
        assert_eq!(publish(&first)["Published"], json!(true), "{encoding}");
        assert_eq!(publish(&first)["Published"], json!(false), "{encoding}");
        let second = home(&stand_in, &[&ca("Other Root")]);
        let result = publish(&second);
        assert_eq!((&result["Published"], result["Path"].is_string()), (&json!(true), true), "{encoding}");
        assert_eq!(result["Certificate"].as_array().unwrap().len(), 2, "{encoding}");
        assert_eq!(stand_in.statistics()["CommandsByName"]["Set-SmimeConfig"], 2, "{encoding}");
    }
}

/// The clock of the service decides; ours may be behind.
#[test]
fn what_the_service_refuses_is_told_in_its_words() {
    let stand_in = StandIn::start();
    let home = home(&stand_in, &[&ca("Root")]);
    stand_in.settings(json!({ "ByteEncoding": "IntegerArray" }));
    let request = json!({ "Operation": "PublishTrustStore", "ProfileName": "corp" });
    let (done, _) = home.ask(Organisation::default(), request);
    let error = done.unwrap_err();
    assert!(matches!(error.id, ErrorId::ExchangeRefused | ErrorId::ExchangeProtocol), "{error:?}");
}
