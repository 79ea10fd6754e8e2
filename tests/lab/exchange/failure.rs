//! What a refused command says, and how the service wraps it.

use serde_json::{Value, json};

use super::{
    answer::Answer,
    settings::{ErrorDetail, ErrorLanguage, FailureIn},
    world::{Request, World},
};

/// A refusal of a command.
#[derive(Debug, Clone)]
pub struct Failure {
    pub status: u16,
    /// The .NET type of the exception.
    pub exception: String,
    /// The .NET type of the object that it concerns; may be empty.
    pub target_type: &'static str,
    pub message: String,
    /// PowerShell's category of the error.
    pub category: &'static str,
    /// Whether the request is none that the service is known to understand.
    pub is_misunderstood: bool,
}

impl Failure {
    pub fn new(status: u16, exception: &str, category: &'static str, message: String) -> Self {
        let exception = exception.to_owned();
        Self { status, exception, target_type: "", message, category, is_misunderstood: false }
    }

    /// A parameter or its value is wrong.
    pub fn parameter(message: String) -> Self {
        let exception = "System.Management.Automation.ParameterBindingException";
        Self::new(400, exception, "InvalidArgument", message)
    }

    /// The value of a parameter breaks a rule of the directory.
    pub fn validation(message: String) -> Self {
        Self::new(400, "Microsoft.Exchange.Data.DataValidationException", "InvalidData", message)
    }

    /// The request is none that the gateway understands.
    pub fn request(status: u16, message: impl Into<String>) -> Self {
        let exception = "Microsoft.Exchange.AdminApi.BadRequestException";
        Self { is_misunderstood: true, ..Self::new(status, exception, "InvalidArgument", message.into()) }
    }

    /// A value in the body has a form that the service's metadata does not know.
    pub fn odata(message: String) -> Self {
        let exception = "Microsoft.OData.ODataException";
        Self { is_misunderstood: true, ..Self::new(400, exception, "InvalidArgument", message) }
    }

    pub fn about(mut self, target_type: &'static str) -> Self {
        self.target_type = target_type;
        self
    }

    /// The exception's name without its namespace.
    pub fn short_name(&self) -> &str {
        self.exception.rsplit('.').next().unwrap_or_default()
    }

    /// In the language that the service answers in.
    pub fn localized(self, language: ErrorLanguage, accepted: &str) -> Self {
        let english = match language {
            ErrorLanguage::English => true,
            ErrorLanguage::Asked => accepted.to_ascii_lowercase().starts_with("en"),
            ErrorLanguage::German => false,
        };
        if english { self } else { self.in_german() }
    }

    fn in_german(mut self) -> Self {
        let quoted = self.message.split(" '").nth(1).and_then(|text| text.split('\'').next());
        let quoted = quoted.unwrap_or_default().to_owned();
        self.message = match self.short_name() {
            "ManagementObjectNotFoundException" => format!(
                "Der Vorgang konnte nicht ausgeführt werden, da das Objekt '{quoted}' auf \
                 'AM0PR01A01DC001.EURPR01A001.PROD.OUTLOOK.COM' nicht gefunden wurde."
            ),
            "ManagementObjectAmbiguousException" => format!(
                "Der Vorgang konnte nicht ausgeführt werden, da '{quoted}' mehreren Einträgen entspricht."
            ),
            "ProxyAddressExistsException" => {
                "Die Proxyadresse wird bereits verwendet. Bitte wählen Sie eine andere \
                                              Proxyadresse aus."
                    .into()
            }
            "InvalidADObjectOperationException" => {
                "Fehler bei dem Vorgang, da er außerhalb des Schreibbereichs des \
                aktuellen Benutzers liegt. Das Objekt wird aus Ihrer lokalen Organisation synchronisiert."
                    .into()
            }
            "CommandNotFoundException" => {
                format!("Die Benennung \"{quoted}\" wurde nicht als Name eines Cmdlet erkannt.")
            }
            _ => format!("Der Vorgang ist fehlgeschlagen ('{quoted}')."),
        };
        self
    }

    /// docs/design/exchange-online.md §1.6, "Error text": `error.message` is always "Invalid Operation"; the text is in
    /// `innererror.internalexception.message` and, after `|Type|` or `Ex6F9304|Type|`, in `details[0].message`, where it
    /// may be JSON of either shape and then stands alone.
    fn body(&self, detail: ErrorDetail) -> Value {
        let prefix = if self.status == 404 { "Ex6F9304" } else { "" };
        let message = match detail {
            ErrorDetail::Text => format!("{prefix}|{}|{}", self.exception, self.message),
            ErrorDetail::TypeName => {
                json!({ "Message": self.message, "TypeName": self.exception, "InnerError": null }).to_string()
            }
            ErrorDetail::ClassName => json!({
                "localizedString": { "stringId": "Ex6F9304" }, "ClassName": self.exception, "Message": self.message,
            })
            .to_string(),
        };
        let mut body = json!({ "error": {
            "code": if self.status == 404 { "NotFound" } else { "BadRequest" },
            "message": "Invalid Operation",
            "details": [{ "code": "Context", "target": "", "message": message }],
        }});
        if detail == ErrorDetail::Text {
            body["error"]["innererror"] = json!({
                "message": "Invalid Operation",
                "type": "Microsoft.Exchange.Admin.OData.Core.ODataServiceException",
                "stacktrace": "",
                "internalexception": { "message": self.message, "type": self.exception, "stacktrace": "" },
            });
        }
        body
    }

    /// docs/design/exchange-online.md §1.6, "Error headers"; "Warnings": `@adminapi.errors` may come in a 200.
    pub fn into_answer(self, world: &World, request: &Request) -> Answer {
        let settings = &world.settings;
        let accepted = request.header("accept-language").unwrap_or_default();
        let failure = self.localized(settings.error_language, accepted);
        if settings.failure_in == FailureIn::Errors && !failure.is_misunderstood && failure.status < 429 {
            let text = format!("|{}|{}", failure.exception, failure.message);
            return Answer::json(200, &json!({ "@adminapi.errors": [text], "value": [] }));
        }
        let answer = Answer::json(failure.status, &failure.body(settings.error_detail));
        let answer = answer.header("x-ExceptionType", failure.exception.clone());
        answer.header("x-ExceptionTargetType", failure.target_type)
    }
}
