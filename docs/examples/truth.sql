SELECT asked, truth, known_at
FROM chargebacks
WHERE asked = ANY(:keys)
