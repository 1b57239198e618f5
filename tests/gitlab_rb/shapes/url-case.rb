case ENV['STAGE_OF_CORP']
when 'production' then external_url 'https://git.corp.example'
else external_url 'https://staging.corp.example'
end
