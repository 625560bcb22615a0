#!/bin/sh
# Makes the roles and the database of each service when PostgreSQL starts for the first time: mounted into
# /docker-entrypoint-initdb.d/ of the official image, beside service-databases.sql in /mandegar/.
# Passwords come from <SERVICE>_{OWNER,WORKER,WEB}_PASSWORD.
set -eu

for service in ${MANDEGAR_SERVICES:-ingest loyalty churn notify}; do
    upper=$(printf %s "$service" | tr '[:lower:]' '[:upper:]')
    eval "owner=\${${upper}_OWNER_PASSWORD:?} worker=\${${upper}_WORKER_PASSWORD:?} web=\${${upper}_WEB_PASSWORD:?}"
    {
        echo "\\o /dev/null"
        echo "select set_config('mandegar.service', :'service', false), set_config('mandegar.database', :'service', false);"
        echo "select set_config('mandegar.owner_password', :'owner', false);"
        echo "select set_config('mandegar.worker_password', :'worker', false);"
        echo "select set_config('mandegar.web_password', :'web', false);"
        echo "\\o"
        cat "${SERVICE_DATABASES_SQL:-/mandegar/service-databases.sql}"
        echo "\\gexec"
    } | psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname "${POSTGRES_DB:-postgres}" \
        --set service="$service" --set owner="$owner" --set worker="$worker" --set web="$web"
done
