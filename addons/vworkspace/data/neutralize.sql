-- A copy for tests steers nothing: no address, no key, no pairing, and the gateway's user can't come in.
UPDATE vworkspace_gateway
   SET url = NULL,
       api_key_sealed = NULL,
       state = 'new',
       epoch = NULL,
       paired_base_url = NULL,
       paired_database_uuid = NULL,
       bridge_key_expires_at = NULL;
DELETE FROM res_users_apikeys
 WHERE user_id IN (SELECT bridge_user_id FROM vworkspace_gateway WHERE bridge_user_id IS NOT NULL);
