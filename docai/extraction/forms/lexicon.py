"""Words of forms in English, German, French and Malay, under one name each.

`CONCEPTS` maps the words that labels are made of to a common name, so that an alias "invoice date" meets
"Rechnungsdatum" and "Date de facture". `CONTRAST` are the names that tell similar fields apart: a label
that carries one which the wanted field never uses speaks of another field.
"""

from __future__ import annotations

_CONCEPT_WORDS = {
    "date": "date datum dt dated tarikh dato",
    "time": "time uhrzeit zeit heure masa",
    "number": "number no nr num nbr nos nummer numero numéro nombor # n° nº № rechnungsnr",
    "code": "code kode",
    "id": "id ident identifier kennung",
    "reference": "reference ref référence referenz réf rujukan",
    "invoice": "invoice inv rechnung rechnungs facture factures fakt faktura invois",
    "bill": "bill bil",
    "receipt": "receipt rcpt quittung kassenbon bon reçu resit",
    "document": "document doc beleg belegs",
    "creditnote": "avoir gutschrift credit",
    "order": "order ord bestellung bestell bestellungs auftrag auftrags commande pesanan",
    "contract": "contract agreement vertrag vertrags contrat",
    "estimate": "estimate quotation quote angebot angebots devis",
    "total": "total ttl tot totals gesamt gesamte gesamter summe somme totale totaux jumlah",
    "sub": "sub zwischen sous subtotal zwischensumme",
    "amount": "amount amt betrag beträge betrags montant amaun",
    "value": "value wert valeur",
    "net": "net nett netto ht bersih",
    "gross": "gross brutto ttc brut",
    "grand": "grand",
    "tax": "tax taxes vat gst sst mwst ust tva steuer steuern umsatzsteuer mehrwertsteuer taxe cukai umst",
    "inclusive": "inclusive incl inc including inklusive inkl compris",
    "exclusive": "exclusive excl excluding exclude exklusive exkl ohne before hors",
    "taxable": "taxable steuerpflichtig basis basisbetrag base",
    "price": "price preis preise prix harga einzelpreis stückpreis",
    "rate": "rate satz taux",
    "percent": "percent prozent pourcentage %",
    "unit": "unit einzel stück unitaire per je uom einheit unité",
    "quantity": "quantity qty quantities menge mengen anzahl quantité qté kuantiti qnty",
    "description": "description desc descr beschreibung bezeichnung désignation libellé particulars artikelbezeichnung",
    "item": "item items artikel article produkt product produit position pos leistung service perkara",
    "line": "line lines zeile ligne",
    "seller": "seller vendor supplier verkäufer lieferant lieferanten vendeur fournisseur merchant "
    "rechnungssteller",
    "buyer": "buyer purchaser käufer kunde kunden acheteur leistungsempfänger rechnungsempfänger",
    "customer": "customer client kundin clients pelanggan",
    "recipient": "recipient empfänger destinataire warenempfänger consignee",
    "payee": "payee payable remit zahlungsempfänger bénéficiaire",
    "agent": "agent agency agence salesperson sales vertreter steuerbevollmächtigter representative rep buyer's",
    "company": "company firm firma société entreprise corporation business unternehmen syarikat",
    "name": "name nom namen nama",
    "address": "address adresse anschrift alamat addr",
    "contact": "contact ansprechpartner attention attn",
    "phone": "phone tel telephone telefon téléphone fax mobile mobil hotline h/p",
    "email": "email e-mail mail web website www",
    "bank": "bank banque iban bic swift konto account kontoname kontonummer compte",
    "register": "register registration reg regn roc handelsregisternummer siret hrb brn",
    "due": "due fällig fälligkeit fälligkeits échéance zahlbar payable",
    "payment": "payment pay zahlung zahlungs paiement règlement zahlbetrag bayaran",
    "paid": "paid bezahlt payé received anzahlung anzahlungen acompte deposit erhaltene prepaid advance",
    "balance": "balance restbetrag residual solde saldo baki outstanding",
    "cash": "cash bar tunai espèces bargeld tender tendered given",
    "card": "card visa master mastercard karte carte debit",
    "change": "change rückgeld wechselgeld monnaie rendu",
    "rounding": "rounding round rounded rundung arrondi rnd pembundaran adj adjustment",
    "discount": "discount disc rabatt nachlass remise rem abschlag abschläge skonto rebate diskaun savings saving",
    "charge": "charge charges zuschlag zuschläge gebühr frais surcharge fee",
    "commission": "commission provision",
    "delivery": "delivery liefer lieferung lieferungs livraison shipping shipment ship versand leistungs "
    "leistungsdatum performance",
    "print": "print printed gedruckt imprimé druck",
    "original": "original revised revision rev version alt alternate",
    "period": "period zeitraum période month monat mois week woche weekly",
    "flight": "flight campaign schedule scheduled kampagne",
    "start": "start begin beginning starts commencement beginn début from von ab du anfang",
    "end": "end ending ends finish expiry expiration ende fin until till to bis through au thru",
    "birth": "birth geburtsdatum naissance",
    "currency": "currency curr währung devise rechnungswährung ccy",
    "exchange": "exchange kurs umrechnungskurs rate",
    "station": "station property",
    "advertiser": "advertiser sponsor advertisers werbetreibender annonceur",
    "gst_summary": "summary zusammenfassung aufschlüsselung récapitulatif",
    "points": "points point punkte",
    "page": "page seite",
    "cashier": "cashier kassierer caissier staff operator served",
    "table": "table tisch pax covers",
}
CONCEPTS: dict[str, str] = {
    word: name for name, words in reversed(_CONCEPT_WORDS.items()) for word in words.split()
}
# Endings of German compounds: "Rechnungsdatum" reads as "rechnung" and "datum".
COMPOUND_TAILS = (
    "empfänger", "nummer", "betrag", "datum", "summe", "preis", "name", "wert", "menge", "satz", "adresse",
    "währung", "steuer", "zeitraum", "rechnung", "nr",
)  # fmt: skip
STOP_WORDS = frozenset(
    ["the", "a", "an", "of", "and", "or", "for", "in", "on", "at", "is", "are", "be", "this", "der", "die", "das", "des", "dem", "den", "und", "oder", "für", "im", "am", "la", "le", "les", "l", "d", "de", "et", "vom", "ou", "en", "un", "une", "mit", "our", "your", "unser", "ihr", "ihre", "votre", "notre", "by", "as", "it", "its"]
)
CONTRAST: dict[str, frozenset[str]] = {
    "date": frozenset(
        ["due", "delivery", "print", "original", "order", "contract", "start", "end", "birth", "period", "payment", "time", "tax", "receipt"]
    ),
    "money": frozenset(
        ["sub", "net", "gross", "tax", "exclusive", "taxable", "price", "unit", "rate", "percent", "quantity", "item", "paid", "balance", "cash", "card", "change", "rounding", "discount", "charge", "commission", "points", "bank", "register", "phone", "exchange", "payment"]
    ),
    "identifier": frozenset(
        ["tax", "order", "contract", "estimate", "delivery", "phone", "email", "bank", "register", "customer", "buyer", "seller", "page", "cashier", "item", "original", "reference", "advertiser", "agent", "station", "table", "document", "date", "amount", "points", "code"]
    ),
    "party": frozenset(
        ["seller", "buyer", "recipient", "payee", "agent", "delivery", "bank", "contact", "phone", "email", "register", "number", "code", "item", "cashier", "date", "tax", "station", "order", "payment", "description", "period", "reference", "id"]
    ),
}
# A line with one of these is no name and no address line.
NOISE_WORDS = frozenset(
    ["tel", "telephone", "fax", "phone", "telefon", "téléphone", "email", "gst", "vat", "sst", "tax", "invoice", "receipt", "bill", "date", "time", "cashier", "table", "total", "amount", "qty", "thank", "thanks", "welcome", "tin", "ustid", "iban", "bic", "page", "seite", "rechnung", "facture", "danke", "merci", "reg", "regno", "hotline", "www", "http", "https", "copy", "original", "duplicate", "cash", "change", "roc", "website", "operator", "steuernummer", "siret", "description", "handelsregisternummer", "geschäftsführer", "opening", "hours", "please"]
)
# Words that shop and company names are made of.
BUSINESS_WORDS = frozenset(
    ["restaurant", "restoran", "cafe", "café", "coffee", "kopitiam", "bakery", "bistro", "bar", "grill", "kitchen", "food", "foods", "catering", "hotel", "shop", "store", "stores", "mart", "market", "supermarket", "hypermarket", "minimarket", "pharmacy", "farmasi", "apotheke", "klinik", "clinic", "hardware", "trading", "enterprise", "enterprises", "electrical", "electronics", "motor", "auto", "services", "service", "solutions", "industries", "industry", "international", "global", "group", "holdings", "holding", "centre", "center", "gallery", "books", "book", "stationery", "fashion", "gift", "deco", "furniture", "restoran", "kedai", "perniagaan", "gerai", "syarikat", "company", "partners", "associates", "agency", "media", "communications", "fund", "committee", "action", "association", "foundation", "university", "college", "school", "versicherung", "verein", "verlag", "bau", "handel", "vertrieb", "autovermietung", "taxiunternehmen", "verkehrsbetriebe", "rohstoff", "metallbau", "boulangerie", "librairie", "garage", "moulin", "boutique", "station", "petrol", "retail", "wholesale", "house", "home", "pac", "congress", "senate", "president", "governor", "supplies"]
)
