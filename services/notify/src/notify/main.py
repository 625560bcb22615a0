"""What notify is made of. Journeys come first: a rebuild needs their versions before anything starts."""

from mandegar.service.parts import Part, Service
from notify import NAME
from notify.contacts import apply as contacts
from notify.contacts import erase as contacts_erase
from notify.contacts import export as contacts_export
from notify.contacts import merge as contacts_merge
from notify.contacts import rebuild as contacts_rebuild
from notify.contacts import routes as preferences
from notify.contacts import unsubscribe_routes
from notify.contacts.invariants import INVARIANTS as CONTACT_INVARIANTS
from notify.customer_tables import CUSTOMER_TABLES
from notify.elsewhere import apply as elsewhere
from notify.elsewhere import merge as elsewhere_merge
from notify.elsewhere.invariants import INVARIANTS as ELSEWHERE_INVARIANTS
from notify.journeys import rebuild as journeys_rebuild
from notify.journeys import routes as journeys
from notify.preview import routes as preview
from notify.sends import apply as sends
from notify.sends import merge as sends_merge
from notify.sends import rebuild as sends_rebuild
from notify.sends import routes as messages
from notify.sends.invariants import INVARIANTS, broken_caps_and_ids
from notify.sends.worker import Delivery
from notify.settings import NotifySettings

JOURNEYS = Part[NotifySettings](routers=(journeys.router,), rebuild=journeys_rebuild.REBUILD)
CONTACTS = Part[NotifySettings](
    routers=(preferences.router, unsubscribe_routes.router),
    reads=contacts.READS,
    merge=contacts_merge.merge,
    erase=contacts_erase.erase,
    export_more={"address_consents": contacts_export.words},
    rebuild=contacts_rebuild.REBUILD,
    invariants=CONTACT_INVARIANTS,
)
ELSEWHERE = Part[NotifySettings](reads=elsewhere.READS, merge=elsewhere_merge.merge, invariants=ELSEWHERE_INVARIANTS)
SENDS = Part[NotifySettings](
    routers=(messages.router,),
    reads=sends.READS,
    merge=sends_merge.merge,
    rebuild=sends_rebuild.REBUILD,
    watched={"delivery": Delivery},
    invariants=INVARIANTS,
    checks=(broken_caps_and_ids,),
)
PREVIEW = Part[NotifySettings](routers=(preview.router,))

SERVICE = Service(
    name=NAME,
    parts=(JOURNEYS, CONTACTS, ELSEWHERE, SENDS, PREVIEW),
    settings=NotifySettings,
    tables=CUSTOMER_TABLES,
    about="Sends mail and SMS: the messages of each customer with their reasons, consents, and the shop's journeys.",
)
